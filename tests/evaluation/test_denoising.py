"""Runs with noise: what is trained, what is evaluated, what is watched."""

import csv
from pathlib import Path

import pytest
import torch

import aetrain
from aetrain.agreement import likelihood_support
from aetrain.build import build_corruption, build_data
from aetrain.data.loader import Item
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.denoising import with_denoising
from aetrain.evaluation.tally import Report
from aetrain.player import Batch
from tests.battery import config
from tests.conftest import TINY

NOISE = ["likelihood=gaussian", "corruption=masking", "corruption.level=0.5"]
CPU = torch.device("cpu")


def digits(*overrides: str) -> DataModule:
    settings = config("likelihood=gaussian", *overrides)
    data = build_data(settings)
    data.load(likelihood_support(settings))
    data.corruption = build_corruption(settings["corruption"], data.values_seen())
    return data


def batch(data: DataModule, **options: bool) -> Batch:
    rows = torch.arange(50)
    torch.manual_seed(0)
    return data.batch(Item(rows, None, 50), CPU, **options)


def test_a_training_batch_is_noisy_and_its_target_clean() -> None:
    clean, noisy = batch(digits()), batch(digits("corruption=masking"))
    assert "target" not in clean
    assert noisy["target"].equal(clean["x"])
    changed = noisy["x"] != clean["x"]
    assert changed.any()
    assert (noisy["x"][changed] == 0).all()
    assert noisy["y"].equal(clean["y"])


def test_a_stage_may_ask_for_clean_batches() -> None:
    batches = batch(digits("corruption=masking"), corrupted=False), batch(digits())
    assert batches[0].keys() == batches[1].keys()
    assert batches[0]["x"].equal(batches[1]["x"])


def test_a_target_that_is_there_stays() -> None:
    x, target = torch.rand(4, 1, 8, 8), torch.rand(4, 3)
    noisy = digits("corruption=masking").corrupt({"x": x, "target": target})
    assert noisy["target"] is target


def test_salt_and_pepper_takes_the_datas_ends() -> None:
    x = digits("corruption=salt_and_pepper", "corruption.level=1").corrupt({"x": torch.rand(9, 9)})
    assert x["x"].unique().tolist() == [0.0, 1.0]


def test_the_figures_of_noise_and_their_sum() -> None:
    costs = {"distortion": torch.tensor([1.0, 2.0]), "rate": torch.tensor([3.0, 5.0])}
    report = Report(costs, torch.zeros(2, 1), None, {"rate_1": torch.tensor([7.0, 8.0])})
    clean = Report({"distortion": torch.zeros(2)}, torch.zeros(2, 1), None)
    found = with_denoising(clean, report, {"squared_error": torch.tensor([0.5, 0.6])})
    cost = found.scores["denoising_cost"]
    assert isinstance(cost, torch.Tensor)
    assert cost.tolist() == [4.0, 7.0]
    assert {name.removeprefix("denoising_") for name in (*found.scores, *found.more)} == {
        *("cost", "distortion", "rate", "rate_1", "squared_error")
    }
    assert found.costs is clean.costs


def rows(run: str, name: str) -> list[float]:
    with (Path(run) / "metrics.csv").open(newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_clean_figures_stay_comparable_and_noisy_ones_stand_beside(model: str, here: Path) -> None:
    """Without training both runs are the same model, so the clean figures must agree."""
    job = [*TINY, f"model={model}", "trainer.max_steps=0", "likelihood=gaussian"]
    plain, noisy = aetrain.train(job), aetrain.train([*job, *NOISE])
    figures = [name for name in plain if name.startswith("test/")]
    assert {name: noisy[name] for name in figures} == {name: plain[name] for name in figures}
    more = {name for name in noisy if name.startswith("test/")} - set(figures)
    assert {"test/denoising_distortion", "test/denoising_squared_error"} <= more
    assert noisy["test/denoising_distortion"] != noisy["test/distortion"]


def test_the_noisy_cost_is_that_of_the_clean_example(here: Path) -> None:
    """At level 1 every x̃ is the same, so the reconstruction is too; its error is of the clean x."""
    job = [*TINY, *NOISE, "model=ae", "corruption.level=1", "trainer.max_epochs=1"]
    results = aetrain.train(job)
    trained = aetrain.load(results["run"])
    data = digits("dataset.limit=60")
    x = data.first("test", 60, CPU)["x"]
    error = (trained.reconstruct(torch.zeros(1, 1, 8, 8)) - x).square().sum((1, 2, 3)).mean()
    assert results["test/denoising_squared_error"] == pytest.approx(error.item(), rel=1e-5)
    constant = 32 * torch.tensor(2 * torch.pi).log().item()
    expected = 0.5 * error.item() + constant
    assert results["test/denoising_distortion"] == pytest.approx(expected, rel=1e-5)


def test_the_best_checkpoint_has_the_best_noisy_cost(here: Path) -> None:
    job = [*TINY, *NOISE, "model=ae", "trainer.max_epochs=8", "optimizer.lr=0.05"]
    results = aetrain.train(job)
    noisy = rows(results["run"], "val/denoising_cost")
    assert results["val/best_cost"] == pytest.approx(min(noisy), rel=1e-6)
    assert min(noisy) != pytest.approx(min(rows(results["run"], "val/cost")), rel=1e-5)


def test_early_stopping_watches_the_noisy_cost(here: Path) -> None:
    stopping = ["callbacks=default", "callbacks.early_stopping.patience=1", "optimizer=sgd"]
    job = [*TINY, *NOISE, "model=ae", *stopping, "optimizer.lr=1e-30", "trainer.max_epochs=9"]
    results = aetrain.train(job)
    assert results["epochs"] == 2
    pictures = {path.stem for path in (Path(results["run"]) / "figures").iterdir()}
    assert "denoising" in pictures


def test_a_density_of_codes_is_learned_from_clean_examples(here: Path) -> None:
    """So a second stage of a noisy run watches what it trains."""
    job = [*TINY, *NOISE, "model=two_stage_vae", "dataset.valid=30"]
    results = aetrain.train(job)
    clean, noisy = (rows(results["run"], f"val/{name}") for name in ("cost", "denoising_cost"))
    assert results["val/best_cost"] == pytest.approx(min(clean[2:]), rel=1e-6)
    assert len(noisy) == len(clean) == 4


@pytest.mark.parametrize("level", [-1, 1.5])
def test_a_level_out_of_range_is_refused_before_data_are_read(level: float, here: Path) -> None:
    missing = ["dataset=array", "dataset.path=missing.csv"]
    with pytest.raises(UserError) as caught:
        aetrain.train([*TINY, *missing, "corruption=masking", f"corruption.level={level}"])
    message = f"corruption.level={level}: must be from 0 to 1 for masking"
    assert str(caught.value) == message


def test_a_model_without_an_encoder_is_refused(here: Path) -> None:
    with pytest.raises(UserError, match="model=gan has no encoder that could be given corrupted"):
        aetrain.train([*TINY, "model=gan", "corruption=masking"])
