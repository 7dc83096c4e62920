"""What only a GPU can show; left out where there is none."""

from pathlib import Path

import pytest
import torch

import aetrain
from aetrain.autoencoder import Autoencoder
from aetrain.config.files import groups
from aetrain.data.loader import Item
from aetrain.errors import Interrupted, UserError
from tests.conftest import TINY
from tests.test_resume import CHEAP, STATEFUL, equal

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU here"),
    pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype"),
]

JOB = [*(o for o in TINY if "accelerator" not in o), "trainer=gpu"]
SET_UP = 2
"""Batches in which kernels, handles and optimizers may be set up."""


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise where a step, but those in which a line of the log is due, waits for the device."""
    step = Autoencoder.step

    def watched(self: Autoencoder, item: Item) -> None:
        free = self.position.stage_step < SET_UP or self.meter.due(self.position.step)
        torch.cuda.set_sync_debug_mode("default" if free else "error")
        try:
            step(self, item)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(Autoencoder, "step", watched)


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("model", groups()["model"])
def test_no_step_waits_for_the_device(model: str, here: Path) -> None:
    own = [f"model={model}", *CHEAP.get(model, []), *STATEFUL.get(model, [])]
    results = aetrain.train([*JOB, *own])
    assert results["hardware"].startswith("NVIDIA")


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    ("group", "choice"),
    [
        (group, choice)
        for group in ("likelihood", "posterior", "prior", "objective", "corruption")
        for choice in groups()[group]
    ],
)
def test_no_choice_waits_for_the_device(group: str, choice: str, here: Path) -> None:
    try:
        aetrain.train([*JOB, "model=vae", f"{group}={choice}"])
    except UserError as refusal:
        pytest.skip(str(refusal))


@pytest.mark.parametrize("more", [(), ("trainer.precision=bf16-mixed", "trainer.ema_decay=0.9")])
@pytest.mark.parametrize("model", groups()["model"])
def test_recorded_steps_do_what_played_ones_do(
    model: str, more: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay, replays = torch.cuda.CUDAGraph.replay, []

    def counted(graph: torch.cuda.CUDAGraph) -> None:
        replays.append(graph)
        replay(graph)

    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", counted)
    job = [*JOB, f"model={model}", *CHEAP.get(model, []), *more]
    job += ["trainer.max_epochs=6", "trainer.log_every_n_steps=5", "schedule=cosine"]
    try:
        recorded = aetrain.train([*job, "run.dir=recorded", "trainer.cuda_graph=true"])
    except UserError as refusal:
        if "cannot be recorded" in str(refusal):
            raise
        pytest.skip(str(refusal))
    assert replays
    played = aetrain.train([*job, "run.dir=played"])
    assert recorded["steps"] == played["steps"]
    states = [
        torch.load(Path(run) / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for run in ("recorded", "played")
    ]
    tolerance = {"rtol": 1e-3, "atol": 1e-5} if not more else {"rtol": 3e-2, "atol": 3e-3}
    for name, tensor in states[0].items():
        torch.testing.assert_close(tensor, states[1][name], **tolerance, msg=name)


def test_recorded_steps_see_schedules_and_go_on(here: Path) -> None:
    job = [*JOB, "trainer.cuda_graph=true", "annealing=linear", "annealing.warmup=8"]
    job += ["schedule=cosine", "trainer.max_epochs=4", "trainer.steps_per_call=1"]
    job += ["trainer.log_every_n_steps=100", "allow=[tests.two_stages]"]
    aetrain.train([*job, "run.dir=straight"])
    aetrain.train([*job, "run.dir=played", "trainer.cuda_graph=false"])
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", "+callbacks.stop.step=7"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, "run.dir=stopped", *stop])
    aetrain.train(["resume=stopped", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    straight, played, stopped = (
        torch.load(Path(run) / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for run in ("straight", "played", "stopped")
    )
    for name, tensor in straight.items():
        torch.testing.assert_close(tensor, played[name], rtol=1e-3, atol=1e-5, msg=name)
        torch.testing.assert_close(tensor, stopped[name], rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("model", groups()["model"])
def test_every_model_in_half_precision(model: str, precision: str, here: Path) -> None:
    own = [f"model={model}", *CHEAP.get(model, [])]
    try:
        results = aetrain.train([*JOB, *own, f"trainer.precision={precision}"])
    except UserError as refusal:
        pytest.skip(str(refusal))
    assert results["steps"] > 0


@pytest.mark.parametrize("model", ["vae", "aae", "m1m2", "vqvae", "deep_hvae"])
def test_goes_on_exactly(model: str, here: Path) -> None:
    job = [*JOB, "trainer.steps_per_call=1", "trainer.deterministic=true", f"model={model}"]
    job += [*CHEAP.get(model, []), "allow=[tests.two_stages]"]
    steps = aetrain.train([*job, "run.dir=straight"])["steps"]
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={steps - 2}"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, "run.dir=stopped", *stop])
    aetrain.train(["resume=stopped", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("stopped"))
