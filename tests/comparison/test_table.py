"""Figures beside each other."""

import numpy as np
import pytest
from scipy import stats

from aetrain.comparison.table import rows_of
from aetrain.evaluation.interval import share

A = {"test/nll": 90.0, "test/nll_se": 0.3, "test/rate": 5.0, "latent": 2, "choice/model": "vae"}
B = {"test/nll": 88.0, "test/nll_se": 0.4, "test/rate": 7.0, "latent": 9, "version/torch": "2"}


def test_the_best_and_the_difference():
    nll, rate, latent = rows_of([A, B])
    assert (nll.name, rate.name, latent.name) == ("test/nll", "test/rate", "latent")
    assert (nll.values, nll.errors, nll.best) == ([90.0, 88.0], [0.3, 0.4], [1])
    assert nll.difference(1) == (-2.0, pytest.approx(0.5))
    assert nll.difference(0) is None
    assert (rate.best, rate.better, rate.difference(1)) == ([], None, None)


def test_equals_are_all_the_best_and_a_single_one_is_not():
    assert rows_of([A, B, {**B}])[0].best == [1, 2]
    assert rows_of([A, {}])[0].best == []


@pytest.mark.parametrize(("other", "best"), [(88.9, [1, 2]), (89.1, [1])])
def test_what_is_within_two_errors_of_the_best_may_be_the_best(other: float, best: list[int]):
    """√(0.4² + 0.3²) = 0.5, so that the margin is 1."""
    third = {"test/nll": other, "test/nll_se": 0.3}
    assert rows_of([A, B, third])[0].best == best
    assert rows_of([A, B, {"test/nll": other}])[0].best == [1]  # of unknown error


def test_figures_of_the_same_examples_are_held_against_one_another_one_by_one():
    hard = 20 * np.random.default_rng(0).normal(size=(3, 400))
    one, two = 90 + hard[0], 89 + hard[0] + 0.05 * hard[1]
    facts = [{"test/nll": x.mean(), "test/nll_se": stats.sem(x)} for x in (one, two)]
    facts[0] |= {"test/nll_bits_per_dim": 0.5, "test/nll_bits_per_dim_se": 0.01}
    facts[1] |= {"test/nll_bits_per_dim": 0.4, "test/nll_bits_per_dim_se": 0.01}
    each = [{"test/nll": x} for x in (one, two)]
    nll, bits = rows_of(facts, each=each)
    assert nll.best == [1]
    assert nll.difference(1) == pytest.approx(((two - one).mean(), stats.sem(two - one)))
    assert bits.difference(1) == (pytest.approx(-0.1), pytest.approx(0.0005, rel=0.1))
    assert rows_of(facts)[0].best == [0, 1]  # of any examples it could be chance
    part = [{**f, "test/nll_examples": 10} for f in facts]
    assert rows_of(part, each=each)[0].best == [0, 1]  # they are of other examples


def test_what_does_not_compare_has_no_best_and_no_difference():
    grey = {**B, "likelihood.grey": True, "test/squared_error": 2.0}
    found = {row.name: row for row in rows_of([{**A, "test/squared_error": 3.0}, grey])}
    nll = found["test/nll"]
    assert (nll.best, nll.difference(1), nll.unlike) == (
        [],
        None,
        "likelihood.grey is None and True",
    )
    assert found["test/squared_error"].best == [1]


def test_figures_of_a_part_of_the_examples_say_of_how_many():
    part = {**B, "test/nll_examples": 10}
    nll = rows_of([A, part])[0]
    assert (nll.examples, nll.best) == ([None, 10], [])
    assert rows_of([{**A, "test/nll_examples": 10}, part])[0].best == [1]
    assert [row.name for row in rows_of([A, part])] == ["test/nll", "test/rate", "latent"]


def test_the_error_of_a_share_is_from_its_interval():
    figures = share(900, 1000).figures("test/probe_accuracy")
    (row,) = rows_of([figures, figures])
    assert row.errors[0] == pytest.approx((0.9 * 0.1 / 1000) ** 0.5, rel=0.01)


def test_what_is_no_number():
    rows = rows_of([{"test/nll": None, "test/elbo": float("nan")}, {"test/nll": 1.0}])
    assert [(row.name, row.values) for row in rows] == [
        ("test/elbo", [None, None]),
        ("test/nll", [None, 1.0]),
    ]


def test_sizes_that_the_runs_share_do_not_tell_them_apart():
    runs = [{**A, "epochs": 3, "steps": 30}, {**A, "epochs": 3, "steps": 30, "latent": 3}, {}]
    apart = {row.name: row.tells_apart for row in rows_of(runs)}
    assert apart == {
        "test/nll": True, "test/rate": True, "latent": True, "epochs": True, "steps": False,
    }  # fmt: skip
