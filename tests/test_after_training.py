"""A run fits its sampler after training, keeps it, and finds the same again."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.errors import Interrupted, UserError
from aetrain.samplers.gaussian_mixture import GaussianMixture
from tests.conftest import TINY, Shell
from tests.test_resume import equal

QUICK = {
    "gaussian_mixture": ["sampler.components=3"],
    "flow": ["sampler.updates=20", "sampler.steps=2", "sampler.hidden=[8]"],
    "aggregate": [],
    "two_stage": ["sampler.updates=20", "sampler.hidden=[8]"],
}
SIX = [*TINY, "model=ae", "sampler=gaussian_mixture", "sampler.components=3"]


def run(directory: str, *more: str) -> dict[str, Any]:
    return aetrain.train([*TINY, f"run.dir={directory}", *more])


def state(directory: str, name: str = "best") -> dict[str, Tensor]:
    """Return the sampler's state in a checkpoint."""
    content = torch.load(f"{directory}/checkpoints/{name}.ckpt", weights_only=True)
    return {k: v for k, v in content["state_dict"].items() if k.startswith("sampler.")}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("model", ["vae", "ae", "rae", "two_stage_vae"])
@pytest.mark.parametrize("sampler", QUICK)
def test_every_sampler_of_a_few_models(sampler: str, model: str, here: Path) -> None:
    results = run("r", f"model={model}", f"sampler={sampler}", *QUICK[sampler])
    assert results["choice/sampler"] == sampler
    assert results["sampler/codes"] == 60
    assert results["sampler/fit_s"] > 0
    assert ("sampler/log_prob" in results) == (sampler != "aggregate")
    assert math.isfinite(results["sampler/prior_log_prob"])
    assert json.loads(Path("r/results.json").read_text()) == results
    trained = aetrain.load("r")
    assert trained.model.sampler is not None
    assert not any(p.requires_grad for p in trained.model.parameters())
    x = trained.sample(5, seed=1)
    assert x.shape == (5, 1, 8, 8)
    assert torch.equal(x, aetrain.load("r").sample(5, seed=1))
    trained.model.sampler = None
    assert not torch.equal(x, trained.sample(5, seed=1))
    assert not state("r", "last")  # of which it is no part


def test_a_run_says_what_it_fitted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = aetrain.train([*SIX, "run.dir=r", "callbacks=default"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "latent=2, sampler=gaussian_mixture:" in printed
    figure = f"log density of a validation code {results['sampler/log_prob']:.2f} nats"
    assert "sampler gaussian_mixture, fitted to 60 codes in" in printed
    assert figure in printed
    pictures = {path.name for path in Path("r/figures").iterdir()}
    assert {"samples.png", "samples_gaussian_mixture.png"} <= pictures


def test_the_figures_are_the_validations(here: Path) -> None:
    """For point codes, without binarisation, everything can be done again by hand."""
    own = ["likelihood=gaussian", "trainer.precision=64-true", "run.dir=r"]
    results = aetrain.train([*SIX, *own])
    trained = aetrain.load("r")
    data = pytest.importorskip("aetrain.build").build_data(trained.config)
    data.load(trained.model.decoder.family.support)  # pyright: ignore[reportAttributeAccessIssue]
    x = data.first("valid", 1000, torch.device("cpu"))["x"].double()
    sampler = trained.model.sampler
    assert isinstance(sampler, GaussianMixture)
    score = sampler.score(trained.encode(x)).mean().item()
    assert results["sampler/log_prob"] == pytest.approx(score, rel=1e-9)
    prior = trained.model.codes().log_prob(trained.encode(x)).mean().item()
    assert results["sampler/prior_log_prob"] == pytest.approx(prior, rel=1e-9)


def test_a_finished_run_finds_the_same_again(here: Path) -> None:
    first = aetrain.train([*SIX, "run.dir=r"])
    before = state("r")
    again = aetrain.train(["resume=r"])
    assert before
    assert same(before, state("r"))
    assert again["sampler/log_prob"] == first["sampler/log_prob"]


@pytest.mark.parametrize("model", ["rae", "rae_gp", "rae_sn"])
def test_resumed_it_is_that_of_the_straight_run(model: str, here: Path) -> None:
    own = [f"model={model}", "sampler=flow", *QUICK["flow"]]
    run("straight", *own, "trainer.max_epochs=4")
    run("parts", *own, "trainer.max_epochs=2")
    aetrain.train(["resume=parts", "trainer.max_epochs=4"])
    assert state("parts")
    equal(Path("straight"), Path("parts"))


@pytest.mark.parametrize("step", [2, 6, 8])
def test_resumed_in_either_stage(step: int, here: Path) -> None:
    own = ["model=two_stage_vae", "model.hidden=[8]", "sampler=flow", *QUICK["flow"]]
    own += ["trainer.steps_per_call=1", "allow=[tests.two_stages]"]
    run("straight", *own)
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        run("parts", *own, *stop)
    more = ["callbacks.stop.step=-1", "allow=[tests.two_stages]"]
    results = aetrain.train(["resume=parts", *more])
    assert results["steps"] == 12
    equal(Path("straight"), Path("parts"))


def test_another_sampler_without_training_again(here: Path) -> None:
    aetrain.train([*SIX, "run.dir=r"])
    weights = aetrain.load("r").model.encoder.state_dict()  # pyright: ignore[reportCallIssue]
    steps = aetrain.train(["resume=r", "sampler=flow", *QUICK["flow"]])["steps"]
    assert steps == 6
    trained = aetrain.load("r")
    assert type(trained.model.sampler).__name__ == "Flow"
    assert trained.config["sampler"]["updates"] == 20
    after = trained.model.encoder.state_dict()  # pyright: ignore[reportCallIssue]
    assert same(weights, after)
    aetrain.train(["resume=r", "sampler=prior"])
    assert not state("r")
    assert aetrain.load("r").model.sampler is None


def test_from_python(here: Path) -> None:
    run("r", "model=ae")
    trained = aetrain.load("r")
    assert trained.model.sampler is None
    x = torch.rand(40, 1, 8, 8).round()
    before = trained.sample(5)
    fitted = trained.fit_sampler("gaussian_mixture", x, components=2, seed=3)
    assert fitted is trained
    first = trained.sample(5)
    assert not torch.equal(first, before)
    assert torch.equal(
        trained.fit_sampler("gaussian_mixture", x, components=2, seed=3).sample(5), first
    )
    assert torch.equal(trained.fit_sampler("prior", x).sample(5), before)
    with pytest.raises(UserError, match="needs at least 50 codes and there are 40"):
        trained.fit_sampler("gaussian_mixture", x, components=50)
    with pytest.raises(UserError, match=r"sampler\.component: .* Did you mean 'components'\?"):
        trained.fit_sampler("gaussian_mixture", x, component=3)


def test_the_training_does_not_notice(here: Path) -> None:
    """Neither weights nor figures of the test depend on the sampler."""
    a, b = run("a"), run("b", "sampler=flow", *QUICK["flow"])
    figures = [name for name in a if name.startswith(("test/", "val/"))]
    assert all(a[name] == b[name] for name in figures)
    weights = [torch.load(f"{d}/checkpoints/last.ckpt")["state_dict"] for d in ("a", "b")]
    assert same(*weights)


def test_without_validation_it_is_kept_in_the_last(here: Path) -> None:
    job = [*SIX, "trainer.limit_val_batches=0", "run.dir=r"]
    aetrain.train(job)
    assert not Path("r/checkpoints/best.ckpt").exists()
    assert state("r", "last")
    aetrain.load("r").sample(2)
    aetrain.train(["resume=r", "trainer.max_epochs=3"])
    assert state("r", "last")


def test_a_part_of_the_examples(here: Path) -> None:
    results = run("r", "model=ae", "sampler=aggregate", "sampler.codes=7")
    assert results["sampler/codes"] == 7


def test_fast_dev_run_fits_nothing(here: Path) -> None:
    results = aetrain.train([*SIX, "debug=batch"])
    assert not any(name.startswith("sampler/") for name in results)


def test_a_signal_ends_the_fit_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    def slow(sampler: GaussianMixture, codes: Tensor) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the fit went on")

    with monkeypatch.context() as patched:
        patched.setattr(GaussianMixture, "learn", slow)
        with pytest.raises(Interrupted):
            aetrain.train([*SIX, "run.dir=r"])
    assert not state("r")
    aetrain.train(["resume=r"])
    aetrain.train([*SIX, "run.dir=straight"])
    assert same(state("r"), state("straight"))


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (
            ["sampler=gaussian_mixture", "sampler.components=0"],
            "sampler.components=0: must be at least 1",
        ),
        (
            ["sampler=gaussian_mixture", "sampler.components=61"],
            "sampler=gaussian_mixture needs at least 61 codes and there are 60: use fewer"
            " components or more data, or sampler=prior",
        ),
        (
            ["sampler=flow", "posterior=von_mises_fisher", "prior=hypersphere"],
            "sampler=flow is a density of real vectors, but the codes of this model are the vectors"
            " of length 1: use sampler=prior, or sampler=aggregate",
        ),
        (
            ["sampler=two_stage", "posterior=bernoulli", "prior=bernoulli"],
            "sampler=two_stage is a density of real vectors, but the codes of this model are binary"
            " vectors: use sampler=prior, or sampler=aggregate",
        ),
    ],
)
def test_what_is_refused_leaves_nothing(job: list[str], message: str, here: Path) -> None:
    with pytest.raises(UserError) as error:
        aetrain.train([*TINY, *job])
    assert str(error.value) == message
    assert not list(here.iterdir())


def test_points_serve_any_codes(here: Path) -> None:
    for posterior, prior in [("von_mises_fisher", "hypersphere"), ("bernoulli", "bernoulli")]:
        results = run(prior, f"posterior={posterior}", f"prior={prior}", "sampler=aggregate")
        z = aetrain.load(results["run"]).model.sampler
        assert z is not None
        assert torch.isfinite(z().sample((3,))).all()


def test_what_resuming_refuses(here: Path) -> None:
    run("r", "model=ae")
    for change, message in [
        ("sampler=gausian_mixture", "Did you mean 'gaussian_mixture'?"),
        ("sampler=flow sampler.step=3", "Did you mean 'steps'?"),
    ]:
        with pytest.raises(UserError) as error:
            aetrain.train(["resume=r", *change.split()])
        assert message in str(error.value)


@pytest.mark.slow
def test_two_processes_fit_the_same(tmp_path: Path, shell: Shell) -> None:
    """Of point codes, drawn without noise."""
    job = [
        *("model=rae", "likelihood=gaussian", "trainer.accelerator=cpu", "trainer.max_steps=10"),
        *("network.hidden=[16]", "dataset.batch_size=75", "dataset.eval_batch_size=50", "latent=3"),
        *("trainer.precision=64-true", "callbacks=none", "sampler.components=2"),
    ]
    one = shell(*job, "run.dir=one")
    two = shell(*job, "trainer=ddp", "trainer.devices=2", "run.dir=two")
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    first, second = (
        torch.load(tmp_path / name / "checkpoints/best.ckpt")["state_dict"]
        for name in ("one", "two")
    )
    assert first.keys() == second.keys()
    for key in first:
        assert torch.allclose(first[key], second[key], atol=1e-6), key
    a, b = (json.loads((tmp_path / d / "results.json").read_text()) for d in ("one", "two"))
    assert b["sampler/log_prob"] == pytest.approx(a["sampler/log_prob"], abs=1e-5)
    assert "sampler/log_prob" in b
