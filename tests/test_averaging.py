"""The average of the weights, against its recursion written out; and in whole runs."""

from pathlib import Path
from typing import Any, final

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

import aetrain
from aetrain.averaging import AveragedWeights, suited, usable
from aetrain.errors import Interrupted, UserError
from aetrain.world import World
from tests.conftest import TINY, Shell
from tests.test_processes import JOB as PROCESSES
from tests.test_processes import TWO, weights
from tests.test_resume import equal

EMA = "trainer.ema_decay=0.7"
STOP = "allow=[tests.test_averaging]"


@pytest.mark.parametrize("decay", [0.0, 0.4, 0.999])
def test_the_recursion(decay: float) -> None:
    """ā_n = Π dᵢ w₀ + Σᵢ (1 − dᵢ) Π_{j>i} d_j wᵢ."""
    torch.manual_seed(0)
    layer = nn.Linear(3, 2).double()
    average = AveragedWeights(layer, decay)
    trail = [layer.weight.detach().clone()]
    for step in range(1, 30):
        with torch.no_grad():
            layer.weight.add_(torch.randn(2, 3))
        trail.append(layer.weight.detach().clone())
        average.after_step(step, 100, World())
    rates = [min(decay, (1 + n) / (10 + n)) for n in range(1, 30)]
    expected = torch.zeros(2, 3).double()
    for i, w in enumerate(trail):
        share = 1.0 if i == 0 else 1 - rates[i - 1]
        for d in rates[i:]:
            share *= d
        expected += share * w
    torch.testing.assert_close(average.get_buffer("weight"), expected)


def test_in_and_out_again() -> None:
    layer = nn.Linear(2, 2)
    average = AveragedWeights(layer, 0.5)
    with torch.no_grad():
        layer.weight.add_(1.0)
    own, mean = layer.weight.detach().clone(), average.get_buffer("weight").clone()
    assert average.enter()
    assert not average.enter()  # it is there already
    assert torch.equal(layer.weight, mean)
    average.leave()
    average.leave()
    assert torch.equal(layer.weight, own)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 2)
        self.two.weight = self.one.weight


def test_what_a_checkpoint_of_both_gives() -> None:
    """Tied weights, which have two names, become averages under both of them."""
    model = Tied()
    model.averaged_weights = AveragedWeights(model, 0.9)
    with torch.no_grad():
        model.one.weight.add_(1.0)
    state = model.state_dict()
    plain = Tied()
    plain.load_state_dict(usable(state))
    torch.testing.assert_close(plain.one.weight, model.one.weight - 1)
    model.load_state_dict(suited(usable(state), model.averaged_weights))
    assert torch.equal(model.one.weight, plain.one.weight)
    assert suited(state, None).keys() == plain.state_dict().keys()


@pytest.mark.parametrize("decay", [1.0, -0.1, 2.0])
def test_decays_that_there_are_not(decay: float) -> None:
    with pytest.raises(UserError, match=r"trainer\.ema_decay=.*: must be at least 0 and below 1"):
        AveragedWeights(nn.Linear(1, 1), decay)


def test_the_average_of_half_precision_moves() -> None:
    """By a thousandth of the way at each step, which is less than bfloat16 can tell apart."""
    layer = nn.Linear(1, 1, bias=False).to(torch.bfloat16)
    layer.weight.data.fill_(1.0)
    average = AveragedWeights(layer, 0.999)
    layer.weight.data.fill_(2.0)
    for step in range(20_000, 20_100):
        average.after_step(step, 10**6, World())
    expected = torch.tensor([[2 - 0.999**100]])
    torch.testing.assert_close(average.get_buffer("weight"), expected, atol=1e-5, rtol=0)
    average.enter()
    assert torch.equal(layer.weight, expected.to(torch.bfloat16))


def load(path: str) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed", "bf16-true"])
def test_resumed_bit_for_bit(precision: str, here: Path) -> None:
    job = [*TINY, EMA, "trainer.skip_gradient_above=40", f"trainer.precision={precision}"]
    aetrain.train([*job, "trainer.max_steps=5", "run.dir=straight"])
    aetrain.train([*job, "trainer.max_steps=2", "run.dir=parts"])
    aetrain.train(["resume=parts", "trainer.max_steps=5"])
    equal(Path("straight"), Path("parts"))


def _reference(steps: int) -> dict[str, Tensor]:
    """Return the average over the weights of runs of 0, 1, ..., steps steps."""
    average: dict[str, Tensor] = {}
    for n in range(steps + 1):
        aetrain.train([*TINY, f"trainer.max_steps={n}", f"run.dir=r-{n}"])
        state = load(f"r-{n}/checkpoints/last.ckpt")["state_dict"]
        d = min(0.7, (1 + n) / (10 + n))
        average = {k: d * average[k] + (1 - d) * w if n else w for k, w in state.items()}
    return average


def test_the_best_weights_and_the_test_are_of_the_average(here: Path) -> None:
    """The training is that of a run without an average; what is judged and kept is not."""
    average = _reference(3)
    results = aetrain.train([*TINY, EMA, "trainer.max_steps=3", "run.dir=with"])
    plain = load("r-3/checkpoints/last.ckpt")["state_dict"]
    last = load("with/checkpoints/last.ckpt")["state_dict"]
    best = load("with/checkpoints/best.ckpt")["state_dict"]
    assert best.keys() == plain.keys()
    assert all(torch.equal(last[k], plain[k]) for k in plain)
    for key, expected in average.items():
        torch.testing.assert_close(best[key], expected)
    read = aetrain.load("with/checkpoints/last.ckpt").model.state_dict()
    assert all(torch.equal(read[k], best[k]) for k in best)
    judged = aetrain.train(["resume=with"])
    assert judged["test/elbo"] == results["test/elbo"]
    # without a step to do, a run that begins with these weights is judged the same
    last_of_plain = load("r-3/checkpoints/last.ckpt")
    last_of_plain["state_dict"] = best
    torch.save(last_of_plain, "r-3/checkpoints/last.ckpt")
    Path("r-3/checkpoints/best.ckpt").unlink()
    assert aetrain.train(["resume=r-3"])["test/elbo"] == results["test/elbo"]


def test_without_validation_the_average_is_tested(here: Path) -> None:
    job = [*TINY, "trainer.limit_val_batches=0"]
    results = aetrain.train([*job, EMA, "run.dir=with"])
    assert results["test/elbo"] != aetrain.train([*job, "run.dir=r"])["test/elbo"]
    state = aetrain.load("with").model.state_dict()
    kept = usable(load("with/checkpoints/last.ckpt")["state_dict"])
    assert all(torch.equal(state[k], kept[k]) for k in state)


def test_turned_on_and_off_in_a_run_that_goes_on(here: Path) -> None:
    aetrain.train([*TINY, "trainer.max_steps=2", "run.dir=r"])
    begun = load("r/checkpoints/last.ckpt")["state_dict"]
    aetrain.train(["resume=r", EMA, "trainer.max_steps=3"])
    state = load("r/checkpoints/last.ckpt")["state_dict"]
    d = 4 / 13
    for key, w in begun.items():
        average = state[f"averaged_weights.{key.replace('.', '/')}"]
        torch.testing.assert_close(average, d * w + (1 - d) * state[key])
    aetrain.train(["resume=r", "trainer.ema_decay=null", "trainer.max_steps=4"])
    assert load("r/checkpoints/last.ckpt")["state_dict"].keys() == begun.keys()


@final
class StopInValidation(pl.Callback):
    """Asks the run to stop while it validates, as a signal would."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_validation_batch_start(
        self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if pl_module.position.step == self.step:
            raise Interrupted(2)


RUNS = ("straight", "parts")


def test_stopped_in_the_midst_of_a_validation(here: Path) -> None:
    job = [*TINY, EMA, STOP]
    aetrain.train([*job, "run.dir=straight"])
    stop = ["+callbacks.stop._target_=tests.test_averaging.StopInValidation"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, *stop, "+callbacks.stop.step=3", "run.dir=parts"])
    assert load("parts/checkpoints/last.ckpt")["aetrain"]["position"]["step"] == 3
    aetrain.train(["resume=parts", "callbacks.stop.step=-1", STOP])
    first, second = (load(f"{run}/checkpoints/last.ckpt")["state_dict"] for run in RUNS)
    assert all(torch.equal(first[k], second[k]) for k in first)


def test_figures_are_of_the_average(here: Path) -> None:
    """Those of the last epoch, which are drawn after the validation has put the weights back."""
    drawn = []
    for run, options in (("r", []), ("average", [EMA])):
        own = ["callbacks=default", f"run.dir={run}", "optimizer.lr=0.1"]
        aetrain.train([*TINY, *options, *own])
        drawn.append(Path(run, "figures/reconstructions.png").read_bytes())
    assert drawn[0] != drawn[1]


@pytest.mark.slow
def test_two_processes_agree(tmp_path: Path, shell: Shell) -> None:
    job = [*PROCESSES, EMA, "trainer.skip_gradient_above=1e4", "model=ae"]
    assert shell(*job, "run.dir=one").returncode == 0
    two = shell(*TWO, *job, "run.dir=two")
    assert two.returncode == 0, two.stderr
    first, second = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert first.keys() == second.keys()
    for key in first:
        torch.testing.assert_close(first[key], second[key], atol=1e-8, rtol=1e-6)
