"""Figures beside each other."""

import pytest

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


def test_densities_of_different_likelihoods_are_not_compared():
    grey = {**B, "likelihood.grey": True, "test/squared_error": 2.0}
    found = {row.name: row for row in rows_of([{**A, "test/squared_error": 3.0}, grey])}
    assert found["test/nll"].best == []
    assert found["test/nll"].difference(1) is not None
    assert found["test/squared_error"].best == [1]


@pytest.mark.parametrize(
    ("number", "other", "best"),
    [
        ("test/examples", 1000, {"test/nll": [], "test/error": []}),
        ("test/examples", 500, {"test/nll": [1], "test/error": [0]}),
        ("test/nll_samples", 5000, {"test/nll": [], "test/error": [0]}),
    ],
)
def test_figures_of_other_numbers_of_examples_or_samples_are_not_compared(
    number: str, other: int, best: dict[str, list[int]]
):
    first, second = {**A, "test/error": 0.1, number: 500}, {**B, "test/error": 0.2, number: other}
    found = {row.name: row.best for row in rows_of([first, second])}
    assert {name: found[name] for name in best} == best
    assert rows_of([{**A, number: 500}, B])[0].best == [1]  # what one does not say


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
