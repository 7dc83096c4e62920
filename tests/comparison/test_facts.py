"""Figures of a run that are measured again."""

import json
from pathlib import Path
from typing import Any

import pytest

from aetrain.comparison.facts import facts_of, joined, newer

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


def test_a_run_that_has_not_ended_has_what_was_measured(tmp_path: Path):
    assert facts_of(tmp_path) == {"run": str(tmp_path)}
    (tmp_path / "evaluation.json").write_text(json.dumps({"test/nll": 1.0}))
    (tmp_path / "results.json").write_text('{"test/nl')
    assert facts_of(tmp_path)["test/nll"] == 1.0
