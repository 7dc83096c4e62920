"""Whole jobs in this process: every choice runs, and a run leaves what it should."""

import json
import math
from pathlib import Path

import pytest
import torch
import yaml
from scipy import stats
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import aetrain
from aetrain import execute
from aetrain.build import build_model
from aetrain.comparison.facts import examples_of
from aetrain.config.files import groups
from aetrain.errors import NonFiniteLoss, UserError
from aetrain.loggers.tensorboard import CONCLUSION
from tests.battery import config
from tests.conftest import TINY, few

# tests/data has them
NEEDS_DATA = {"mnist", "fashion_mnist", "cifar10", "image_folder", "array", "dsprites"}
WITH = {
    "objective=reconstruction": ["model=ae"],
    "head=classifier": ["model=stacked_ae"],
    **{f"adversary={loss}": ["model=aae"] for loss in groups()["adversary"]},
    "sparsity=kl": ["model=ae"],
    "sparsity=l1": ["model=ae"],
    "sparsity=top_k": ["model=ae", "sparsity.k=1"],
    "trainer=gpu": None,
    "trainer=mps": None,
    "trainer=ddp": None,  # tests/test_processes.py
}


def choices() -> list[str]:
    found = [f"{group}={choice}" for group, names in groups().items() for choice in names]
    left_out = {f"dataset={name}" for name in NEEDS_DATA}
    # families and networks are in test_combinations, samplers in test_after_training; experiments
    # need their data
    elsewhere = ("model", "likelihood", "posterior", "prior", "network", "sampler", "experiment")
    chosen = [c for c in found if not c.startswith(tuple(f"{group}=" for group in elsewhere))]
    return [c for c in chosen if c not in left_out and WITH.get(c, []) is not None]


@pytest.mark.parametrize("choice", choices())
def test_every_choice_trains_and_tests(choice: str, here: Path) -> None:
    results = aetrain.train([*TINY, choice, *(WITH.get(choice) or [])])
    cost = "cross_entropy" if choice.startswith("head=c") else "distortion"
    assert math.isfinite(results[f"test/{cost}"])


def test_a_weight_may_be_a_schedule(here: Path) -> None:
    warmup = "{_target_:aetrain.schedules.linear,_partial_:true,warmup:4}"
    results = aetrain.train([*TINY, f"objective.beta={warmup}", "trainer.log_every_n_steps=1"])
    events = EventAccumulator(str(Path(results["run"]) / "tensorboard")).Reload()
    weights = [event.value for event in events.Scalars("weight/rate")]
    assert weights == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_results_and_files_of_a_run(here: Path) -> None:
    results = aetrain.train([*TINY, "callbacks=default", "dataset.valid=30"])
    run = Path(results["run"])
    assert run.parts[0] == "outputs"
    assert run.name.endswith("-vae-digits")
    assert json.loads((run / "results.json").read_text()) == results
    assert results["steps"] == 6
    assert results["epochs"] == 2
    assert results["test/elbo"] == pytest.approx(-results["test/distortion"] - results["test/rate"])
    assert results["test/nll_samples"] == 5
    assert results["test/nll_se"] > 0
    for name, nats in (
        ("bits_per_dim", -results["test/elbo"]),
        ("nll_bits_per_dim", results["test/nll"]),
    ):
        assert results[f"test/{name}"] == pytest.approx(nats / (64 * math.log(2)))
        assert results[f"test/{name}_se"] > 0
    each = examples_of(run)
    assert {"test/elbo", "test/nll", "test/rate", "test/distortion"} == set(each)
    for name, figures in each.items():
        assert results[name] == pytest.approx(figures.mean(), rel=1e-5)
    assert stats.sem(each["test/nll"]) == pytest.approx(results["test/nll_se"], rel=1e-5)
    assert results["command"].startswith("aetrain trainer.max_epochs=2")
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["dataset"]["binarize"] == "dynamic"
    assert config["latent"] == 2
    assert yaml.safe_load((run / "overrides.yaml").read_text())[0][0] == "trainer.max_epochs=2"
    pictures = {path.stem for path in (run / "figures").iterdir()}
    assert pictures == {
        "reconstructions",
        "samples",
        "latent_plane",
        "latent_grid",
        "rates",
        "rate_distortion",
        "filters",
    }
    assert "test" in (run / "train.log").read_text()


def test_two_runs_of_one_second_get_two_directories(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "default_path", lambda *of: Path("same"))
    runs = {aetrain.train([*TINY, "trainer.max_epochs=1"])["run"] for _ in range(2)}
    assert runs == {"same", "same-2"}


@pytest.mark.parametrize("model", groups()["model"])
def test_checkpoints_hold_tensors_and_plain_containers(model: str, here: Path) -> None:
    results = aetrain.train([*TINY, f"model={model}"])
    for name in ("last", "best"):
        path = Path(results["run"]) / "checkpoints" / f"{name}.ckpt"
        content = torch.load(path, weights_only=True)
        assert content["aetrain"]["config"]["latent"] == 2


def scalars(run: str) -> dict[str, list[tuple[int, float]]]:
    """Return the points of a run of one process, which has written one file of curves."""
    files = (Path(run) / "tensorboard").glob("events.*")
    events = [file for file in files if file.suffix != CONCLUSION]
    assert len(events) == 1
    accumulator = EventAccumulator(str(events[0])).Reload()
    names = accumulator.Tags()["scalars"]
    return {n: [(e.step, e.value) for e in accumulator.Scalars(n)] for n in names}


def test_the_log_has_every_term_and_their_identities(here: Path) -> None:
    results = aetrain.train([*TINY, "trainer.log_every_n_steps=2", "objective.beta=0.5"])
    log = scalars(results["run"])
    train = {name: dict(log[f"train/{name}"]) for name in ("elbo", "distortion", "rate", "loss")}
    assert list(train["elbo"]) == [2, 3, 4, 6]  # every second batch, and each epoch's end
    for step, elbo in train["elbo"].items():
        distortion, rate = train["distortion"][step], train["rate"][step]
        assert rate >= 0
        assert elbo == pytest.approx(-distortion - rate, rel=1e-5)
        assert train["loss"][step] == pytest.approx(distortion + 0.5 * rate, rel=1e-5)
    assert {value for _, value in log["weight/rate"]} == {0.5}
    expected = {
        *("train/bits_per_dim", "optimizer/model_lr", "optimizer/model_gradient_norm"),
        *("speed/examples_per_s", "val/elbo", "val/distortion", "val/rate", "val/bits_per_dim"),
        *(
            "val/active_units",
            "val_rate/000",
            "val_rate/001",
            "test/elbo",
            "test/nll",
            "speed/epoch",
        ),
    }
    assert expected <= set(log)
    assert log["val/elbo"][-1][0] == 6


def test_a_test_of_some_blocks_says_of_how_many_examples_it_is(here: Path) -> None:
    job = [*TINY, "dataset.eval_batch_size=20", "trainer.limit_test_batches=1"]
    results = aetrain.train(job)
    assert {v for k, v in results.items() if k.endswith("_examples")} == {20}
    assert results["test/elbo_examples"] == 20
    whole = aetrain.train(job[:-1])
    assert not [name for name in whole if name.endswith("_examples")]
    none = aetrain.train([*job, "trainer.limit_test_batches=0"])
    assert not [name for name in none if name.startswith(("val/", "test/")) and "best" not in name]


def test_hyperparameters_and_final_figures_reach_tensorboard(here: Path) -> None:
    results = aetrain.train(TINY)
    accumulator = EventAccumulator(str(Path(results["run"]) / "tensorboard")).Reload()
    plugin = accumulator.SummaryMetadata("_hparams_/experiment")
    assert plugin.plugin_data.plugin_name == "hparams"
    content = accumulator.SummaryMetadata("_hparams_/experiment").plugin_data.content
    assert b"test/elbo" in content
    assert b"likelihood" in content


def test_the_best_checkpoint_is_judged_at_weight_one(here: Path) -> None:
    results = aetrain.train([*TINY, "objective.beta=0", "trainer.max_epochs=4"])
    costs = [-value for _, value in scalars(results["run"])["val/elbo"]]
    assert results["val/best_cost"] == pytest.approx(min(costs), rel=1e-5)


@pytest.mark.parametrize("model", few(groups()["model"], ["vae", "gan", "stacked_ae"]))
def test_max_steps_counts_batches(model: str, here: Path) -> None:
    """In each stage of a run."""
    results = aetrain.train([*TINY, f"model={model}", "trainer.max_steps=5"])
    stages = len(build_model(config(f"model={model}"), (1, 8, 8)).stages)
    assert results["steps"] == 5 * stages


def test_early_stopping_watches_the_validation_cost(here: Path) -> None:
    stopping = ["callbacks=default", "callbacks.early_stopping.patience=1", "optimizer=sgd"]
    results = aetrain.train([*TINY, *stopping, "optimizer.lr=0", "trainer.max_epochs=50"])
    assert results["epochs"] == 2


def test_validation_within_an_epoch(here: Path) -> None:
    results = aetrain.train([*TINY, "trainer.val_check_interval=2", "trainer.max_epochs=1"])
    assert [step for step, _ in scalars(results["run"])["val/elbo"]] == [2, 3]


def test_fast_dev_run_leaves_nothing(here: Path) -> None:
    aetrain.train([*TINY, "debug=batch"])
    assert not list(here.rglob("*.ckpt"))
    assert not list(here.rglob("config.yaml"))


@pytest.mark.parametrize("precision", ["bf16-mixed", "64-true"])
def test_precisions(precision: str, here: Path) -> None:
    half = aetrain.train([*TINY, f"trainer.precision={precision}", "run.dir=a"])
    full = aetrain.train([*TINY, "run.dir=b"])
    assert half["test/elbo"] == pytest.approx(full["test/elbo"], rel=0.02)


def test_doubles_are_drawn(here: Path) -> None:
    results = aetrain.train([*TINY, "trainer.precision=64-true", "callbacks=default"])
    assert (Path(results["run"]) / "figures/latent_grid.png").is_file()


def test_without_validation(here: Path) -> None:
    job = ["trainer.limit_val_batches=0", "callbacks=default"]
    results = aetrain.train([*TINY, *job])
    assert results["val/best_cost"] is None
    assert results["steps"] == 6


def test_schedules_of_a_run_without_a_last_epoch(here: Path) -> None:
    job = ["trainer.max_epochs=-1", "trainer.max_steps=10", "schedule=cosine"]
    results = aetrain.train([*TINY, *job, "trainer.log_every_n_steps=5"])
    rates = [value for _, value in scalars(results["run"])["optimizer/model_lr"]]
    assert results["steps"] == 10
    assert 0 < rates[-1] < rates[0] < 1e-3


def test_calls_of_several_batches_change_nothing(here: Path) -> None:
    runs = [aetrain.train([*TINY, f"trainer.steps_per_call={k}"]) for k in (1, 2, 10)]
    assert len({run["test/elbo"] for run in runs}) == 1


def test_figures_do_not_change_the_training(here: Path) -> None:
    runs = [aetrain.train([*TINY, f"callbacks={name}"]) for name in ("none", "default")]
    assert runs[0]["test/elbo"] == runs[1]["test/elbo"]


def test_test_figures_do_not_depend_on_the_training_batch(here: Path) -> None:
    small = ["dataset.eval_batch_size=7"]
    a, b = (aetrain.train([*TINY, "trainer.max_steps=0", *more]) for more in ([], small))
    # other blocks draw other noise, so only what has none is equal
    assert a["test/rate"] == pytest.approx(b["test/rate"], rel=1e-6)
    assert a["steps"] == 0


def test_a_loss_that_is_not_finite_stops_the_run(here: Path) -> None:
    job = [*TINY, "likelihood=gaussian", "optimizer=sgd", "optimizer.lr=1e20", "run.dir=r"]
    with pytest.raises(NonFiniteLoss) as error:
        aetrain.train(job)
    message = str(error.value)
    assert message.startswith("the term 'distortion' became ")
    assert "at step 1 on a batch with values from 0 to 1" in message
    assert message.endswith("last good checkpoint: none yet")
    assert "became" in Path("r/train.log").read_text()


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (
            ["posterior=delta"],
            "model=vae needs a posterior with a density, and posterior=delta has none:"
            " use posterior=diagonal_gaussian, or model=ae",
        ),
        (
            ["dataset.binarize=none"],
            "likelihood=bernoulli scores two values from 0 to 1, but dataset=digits gives 17 values"
            " from 0 to 1: use dataset.binarize=dynamic, or likelihood=bernoulli_grey,"
            " or likelihood=gaussian",
        ),
        (
            ["+objective.weights.rat=1"],
            "objective.weights.rat: no such term; there are distortion, rate. Did you mean 'rate'?",
        ),
        (
            ["likelihood=gaussian", "likelihood.sigma=0"],
            "likelihood.sigma=0: a fixed scale must be above 0, such as 1.0",
        ),
        (
            ["callbacks=default", "callbacks.early_stopping.patience=0"],
            "callbacks.early_stopping.patience=0: must be at least 1",
        ),
    ],
)
def test_wrong_pairs_are_refused_and_leave_nothing(
    job: list[str], message: str, here: Path
) -> None:
    with pytest.raises(UserError) as error:
        aetrain.train([*TINY, *job])
    assert message in str(error.value)
    assert not list(here.iterdir())
