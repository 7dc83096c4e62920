"""Two real processes that talk by gloo; each runs this very file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from aetrain.evaluation.tally import Report, Tally
from aetrain.game import Game, Plan
from aetrain.objectives.terms import Weighted, batch_mean
from aetrain.player import Batch, Player
from aetrain.world import World

CPU = torch.device("cpu")
SPLIT = [5, 3]  # of a batch, over two processes


def made() -> tuple[nn.Linear, dict[str, Player]]:
    """Return a model and its game of two players, the same in every process."""
    torch.manual_seed(0)
    model, other = nn.Linear(3, 2), nn.Linear(2, 1)

    def one(batch: Batch) -> Any:
        h = model(batch["x"])
        return {"plain": h.square().sum(1), "masked": Weighted(h.sum(1), batch["mask"])}

    def two(batch: Batch) -> Any:
        return {"other": (other(model(batch["x"])).squeeze(1) - 1).square()}

    return model, {"one": Player([model], one), "two": Player([other], two)}


def data() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    return torch.randn(8, 3, generator=g), (torch.rand(8, generator=g) < 0.6).float()


def train(x: Tensor, mask: Tensor, world: World) -> list[float]:
    """Play five steps, clipped, and return all weights."""
    _, players = made()
    optimizers = {n: torch.optim.SGD(p.parameters(), lr=0.1) for n, p in players.items()}
    game = Game(players, optimizers, Plan(clip=0.5), 5, world)
    for step in range(5):
        game.play({"x": x, "mask": mask}, 8, step, measure=True)
    return [v for p in players.values() for q in p.parameters() for v in q.flatten().tolist()]


def report() -> Report:
    g = torch.Generator().manual_seed(2)
    rates = torch.rand(8, 3, generator=g)
    costs = {"distortion": torch.randn(8, generator=g), "rate": rates.sum(1)}
    return Report(costs, torch.randn(8, 3, generator=g), rates)


def figures(first: int, last: int, world: World) -> dict[str, float]:
    """Return the figures of all processes' examples, of which first to last are this one's."""
    whole, tally = report(), Tally()
    if last > first:
        part = slice(first, last)
        costs = {name: cost[part] for name, cost in whole.costs.items()}
        assert whole.rates is not None
        tally.add(Report(costs, whole.code[part], whole.rates[part]), {"nll": costs["rate"]})
    tally.reduce(world, CPU)
    return tally.figures(3, 0.0)


def refusal(digest: str, world: World) -> str:
    """Return what a process says whose job has this digest."""
    try:
        world.require_same(digest)
    except RuntimeError as error:
        return str(error)
    return ""


def tell(rank: int) -> dict[str, Any]:
    """Do everything once as one of two processes."""
    world = World(rank, 2)
    own = torch.tensor([1.0, 10.0]) * (rank + 1)
    own.requires_grad_()
    total = world.sum(own)
    parameters = [nn.Parameter(torch.zeros(2)) for _ in range(3)]
    parameters.append(nn.Parameter(torch.zeros(2, dtype=torch.float64)))
    parameters[0].grad = torch.full((2,), rank + 1.0)
    if rank == 1:
        parameters[1].grad = torch.tensor([3.0, 4.0])
    parameters[3].grad = torch.full((2,), 1e-12 + rank, dtype=torch.float64)
    world.sum_gradients(parameters)
    torch.manual_seed(rank)
    module = nn.BatchNorm1d(2)
    module.weight.data.normal_()
    module.running_mean = torch.randn(2)
    module.num_batches_tracked.fill_(rank + 7)
    world.copy_from_first(module)
    (x, mask), start = data(), sum(SPLIT[:rank])
    part = slice(start, start + SPLIT[rank])
    term = Weighted(x[part, 0], mask[part])
    return {
        "sum": total.tolist(),
        "sum_requires_grad": total.requires_grad,
        "own": own.tolist(),
        "any": [world.any(flag, CPU) for flag in (0, rank * 15, 2 - 2 * rank)],
        "gradients": [p.grad.tolist() for p in parameters if p.grad is not None],
        "same": [refusal("a", world), refusal(f"of {rank}", world)],
        "copied": [v.tolist() for v in module.state_dict().values()],
        "share": batch_mean(term, 8, world).item(),
        "weights": train(x[part], mask[part], world),
        "figures": figures(part.start, part.stop, world),
        "lonely": figures(0, 8 * (1 - rank), world),
    }


def main(rank: int, folder: Path) -> None:
    import torch.distributed as dist

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    (folder / f"{rank}.json").write_text(json.dumps(tell(rank)))
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes has to say."""
    folder = tmp_path_factory.mktemp("world")
    command = [sys.executable, __file__]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(folder)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        output = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(output)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def test_sum(told: list[dict[str, Any]]) -> None:
    for rank, one in enumerate(told):
        assert one["sum"] == [3, 30]
        assert one["own"] == [1 + rank, 10 * (1 + rank)]
        assert not one["sum_requires_grad"]


def test_any(told: list[dict[str, Any]]) -> None:
    assert all(one["any"] == [0, 15, 2] for one in told)


def test_sum_gradients(told: list[dict[str, Any]]) -> None:
    """Both have one; one has one; none has one; of another dtype, in its own precision."""
    for one in told:
        assert one["gradients"][:3] == [[3, 3], [3, 4], [0, 0]]
        assert one["gradients"][3] == pytest.approx([1 + 2e-12, 1 + 2e-12], rel=1e-15)


def test_another_job_is_refused_by_all(told: list[dict[str, Any]]) -> None:
    line = "process 1: was given another job than process 0: a fault of aetrain"
    assert [one["same"] for one in told] == [["", line]] * 2
    assert refusal("alone", World()) == ""


def test_copy_from_first(told: list[dict[str, Any]]) -> None:
    """Parameters and buffers, integers too."""
    assert told[0]["copied"] == told[1]["copied"]
    assert told[0]["copied"][-1] == 7


def test_shares_of_a_weighted_mean(told: list[dict[str, Any]]) -> None:
    x, mask = data()
    expected = ((x[:, 0] * mask).sum() / mask.sum()).item()
    assert sum(one["share"] for one in told) == pytest.approx(expected, rel=1e-6)


def test_two_processes_train_as_one(told: list[dict[str, Any]]) -> None:
    assert told[0]["weights"] == told[1]["weights"]
    assert told[0]["weights"] == pytest.approx(train(*data(), World()), abs=1e-6)


@pytest.mark.parametrize("what", ["figures", "lonely"])
def test_two_processes_evaluate_as_one(told: list[dict[str, Any]], what: str) -> None:
    """Also where one of them has no example at all."""
    assert told[0][what] == told[1][what]
    assert told[0][what] == pytest.approx(figures(0, 8, World()), rel=1e-12)


def test_alone_every_method_is_the_identity() -> None:
    world, x = World(), torch.randn(3, requires_grad=True)
    assert torch.equal(world.sum(x), x)
    assert not world.sum(x).requires_grad
    assert world.any(9, CPU) == 9
    layer = nn.Linear(2, 2)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    world.sum_gradients(layer.parameters())
    world.copy_from_first(layer)
    assert layer.weight.grad is None
    assert all(torch.equal(v, before[k]) for k, v in layer.state_dict().items())


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
