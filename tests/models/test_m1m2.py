"""Both stages of one model."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import one_hot

import aetrain
from aetrain.build import build_model
from aetrain.errors import Interrupted, UserError
from aetrain.models.m1m2 import M1M2
from tests.battery import config
from tests.conftest import TINY, Shell
from tests.test_resume import equal

EVENT, B, K = (1, 8, 8), 4, 3
SMALL = ["model=m1m2", "network.hidden=[8]", "latent=2", "model.hidden=[8]", "model.style=2"]
LABELS = ["dataset.labelled=20", "dataset.labelled_batch=10"]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def m1m2(*options: str) -> M1M2:
    model = build_model(config(*SMALL, f"conditioning.classes={K}", *options), EVENT).double()
    assert isinstance(model, M1M2)
    return model


def test_the_codes_density_is_the_evidence_of_the_second_model() -> None:
    """With p(z|y, u) = p(z|y) and q(u|z, y) = p(u), weights are those of the classes alone."""
    model = m1m2()
    second = model.second
    with torch.no_grad():
        for parameter in second.parameters():
            parameter.zero_()
        network: Any = second.decoder.network
        first, last = network.network.linears
        first.weight[:K, 2:] = 3 * torch.eye(K)
        last.weight[:2].normal_()
        model.position.stage = 1
        z = torch.randn(5, 2).double()
        eye = torch.eye(K).double()
        with second.condition.given(eye):
            each = second.decoder(torch.zeros(K, 2).double())
        log_p = each.log_prob(z[:, None]).logsumexp(1) - math.log(K)
        # an even q(y|z): the weights are p(z|y)
        weights = each.log_prob(z[:, None]).exp()
        found = model.codes().log_prob(z.repeat(20_000, 1)).exp().view(20_000, 5)
    error = weights.std(1, unbiased=False) / 20_000**0.5
    assert ((found.mean(0) - log_p.exp()).abs() < 4.5 * error).all()


def test_the_rate_of_the_second_stage_is_its_bound() -> None:
    model, x = m1m2(), torch.rand(B, *EVENT).round().double()
    model.position.stage = 1
    with torch.no_grad():
        reports = [model.report({"x": x}).costs for _ in range(400)]
        costs = torch.stack([torch.stack([*c.values()]).sum(0) for c in reports])
        nll = -model.log_prob(x, 2_000)
    assert (nll < costs.mean(0) + 4 * costs.std(0) / 20).all()


def test_the_second_stage_leaves_the_first_as_it_is(here: Path) -> None:
    aetrain.train([*TINY, *SMALL, *LABELS, "run.dir=r"])
    first, last = (
        torch.load(f"r/checkpoints/{name}.ckpt")["state_dict"] for name in ("stage-0", "last")
    )
    for name, tensor in first.items():
        assert torch.equal(tensor, last[name]) != name.startswith("second."), name


@pytest.mark.parametrize("step", [4, 9])
def test_stopped_in_either_stage_and_resumed(step: int, here: Path) -> None:
    job = [*TINY, *SMALL, *LABELS, "trainer.steps_per_call=1", "allow=[tests.two_stages]"]
    results = aetrain.train([*job, "run.dir=straight"])
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, "run.dir=stopped", *stop])
    again = aetrain.train(["resume=stopped", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("stopped"))
    assert again["test/error"] == results["test/error"]


def test_a_class_is_drawn() -> None:
    model: Any = m1m2()
    model.position.stage = 1
    torch.manual_seed(1)
    one = model.sample(6, 2).mean
    torch.manual_seed(1)
    with model.conditioning.condition.given(one_hot(torch.full((6,), 2), K)):
        z = model.codes().sample((6,))
    torch.testing.assert_close(one, model.decode(z).mean)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("model.hidden=[0]", r"model.hidden=\[0\]: widths must be at least 1"),
        ("model.style=0", "model.style=0: must be at least 1"),
        ("model.second_epochs=0", "model.second_epochs=0: must be at least 1, or null"),
        ("model.watched=loss", "model.watched=loss: choose cost or error"),
    ],
)
def test_wrong_numbers(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        m1m2(option)


@pytest.mark.slow
def test_processes_end_alike(tmp_path: Path, shell: Shell) -> None:
    """A run whose processes end with different weights fails."""
    two = ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"]
    run = shell(*TINY, *SMALL, *LABELS, *two, "run.dir=two")
    assert run.returncode == 0, run.stderr
