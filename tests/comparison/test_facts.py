"""Figures of a run that are measured again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aetrain.comparison.facts import examples_of, facts_of, joined, newer
from aetrain.run import Run

OLD = {"test/nll": 90.0, "test/nll_se": 0.3, "test/nll_samples": 100, "choice/model": "vae"}


@pytest.mark.parametrize(
    ("new", "taken"),
    [
        ({"test/nll": 89.0}, True),
        ({"test/nll": 89.0, "test/nll_samples": 5000}, True),
        ({"test/nll": 89.0, "test/nll_samples": 10}, False),
        ({"test/nll": 70.0, "test/nll_examples": 10, "test/nll_samples": 5000}, False),
    ],
)
def test_a_worse_estimate_takes_the_place_of_none(new: dict[str, Any], taken: bool):
    assert newer(OLD, new) == (new if taken else {})
    rest = {"choice/model": "vae"}
    assert joined(OLD, new) == ({**rest, **new} if taken else OLD)


def test_more_examples_take_the_place_of_fewer():
    few, more = ({"test/nll": 90.0, "test/nll_examples": n} for n in (10, 1000))
    assert joined(few, more) == joined(more, few) == more
    assert joined(more, {"test/nll": 91.0}) == {"test/nll": 91.0}


def test_each_figure_for_itself():
    new = {"test/nll": 1.0, "test/nll_examples": 10, "test/parzen": 2.0, "test/parzen_examples": 10}
    assert joined(OLD, new) == {**OLD, "test/parzen": 2.0, "test/parzen_examples": 10}


def test_a_name_that_ends_like_a_count_is_a_figure_where_there_is_no_other():
    assert newer({"test/ais_samples": 3}, {"test/ais_samples": 2}) == {"test/ais_samples": 2}


@pytest.mark.parametrize("none", [None, float("nan")])
def test_what_is_no_number_is_worse_than_any(none: float | None):
    some = {"test/nll": 80.0, "test/nll_examples": 100}
    assert joined({"test/nll": none}, some) == some
    assert joined(some, {"test/nll": none}) == some


def test_settings_go_with_their_figures():
    whole = {"test/frechet": 3.0, "test/sample_count": 180, "test/sample_features": "pixels"}
    part = {"test/frechet": 5.0, "test/frechet_examples": 50, "test/sample_count": 50}
    assert joined(whole, part) == whole
    assert joined(part, whole) == whole


def test_bits_are_estimated_with_the_draws_of_their_nats():
    old = {"test/nll": 9.0, "test/nll_samples": 1000, "test/nll_bits_per_dim": 0.2}
    new = {"test/nll": 9.5, "test/nll_samples": 10, "test/nll_bits_per_dim": 0.3}
    assert joined(old, new) == old


def write(path: Path, name: str, **figures: Any) -> None:
    (path / f"{name}.json").write_text(json.dumps(figures))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (300, {"test/nll": 9.0, "test/rate": 2.0, "test/parzen": 1.0}),
        (600, {"test/rate": 2.0, "test/parzen": 1.0}),
        (200, {"test/nll": 9.0, "test/rate": 3.0}),
        (None, {"test/nll": 9.0, "test/rate": 3.0}),
    ],
)
def test_figures_of_the_latest_weights_are_told(
    step: int | None, told: dict[str, float], tmp_path: Path
):
    of = {"kept_sampler": "prior", "kept_step": 300}
    write(tmp_path, "results", **{"test/nll": 9.0, "test/rate": 3.0, "seed": 1, **of})
    own = {"test/parzen": 1.0, "test/rate": 2.0, **(of if step else {}), "kept_step": step}
    write(tmp_path, "evaluation", **{k: v for k, v in own.items() if v is not None})
    found = facts_of(tmp_path)
    assert found["seed"] == 1
    assert {k: v for k, v in found.items() if k.startswith("test/")} == told


def test_bits_of_a_version_that_gave_them_of_the_nll(tmp_path: Path):
    write(tmp_path, "results", **{"test/nll": 9.0, "test/bits_per_dim": 0.2})
    found = facts_of(tmp_path)
    assert (found.get("test/bits_per_dim"), found["test/nll_bits_per_dim"]) == (None, 0.2)


def test_figures_of_examples_are_those_of_the_results_weights(tmp_path: Path):
    x = np.ones(3, np.float32)
    Run(tmp_path).write_examples({"test/nll": x}, 300)
    for step, names in ((300, ["test/nll"]), (600, [])):
        write(tmp_path, "results", kept_step=step)
        assert list(examples_of(tmp_path)) == names
    (tmp_path / "examples.npz").write_bytes(b"no")
    assert examples_of(tmp_path) == {}


def test_a_run_that_has_not_ended_has_what_was_measured(tmp_path: Path):
    assert facts_of(tmp_path) == {"run": str(tmp_path)}
    (tmp_path / "evaluation.json").write_text(json.dumps({"test/nll": 1.0}))
    (tmp_path / "results.json").write_text('{"test/nl')
    assert facts_of(tmp_path)["test/nll"] == 1.0
