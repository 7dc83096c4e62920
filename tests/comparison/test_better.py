"""Which end of a figure is the better one."""

import pytest

from aetrain.comparison.better import better


@pytest.mark.parametrize(
    ("name", "worse", "best"),
    [
        ("test/nll", 90.0, 80.0),
        ("valid/elbo", -90.0, -80.0),
        ("test/denoising_squared_error", 2.0, 1.0),
        ("test/probe_accuracy", 0.8, 0.9),
        ("test/spreading_accuracy", 0.8, 0.9),
        ("test/cluster_error_by_majority", 0.2, 0.1),
        ("test/modes_found", 7.0, 9.0),
        ("test/modes_kl", 0.3, 0.1),
        ("test/udr", 0.2, 0.4),
        ("test/auroc_nll", 0.5, 0.7),
        ("test/sharpness", 1.5, 0.9),
        ("test/copying", 0.3, 0.55),
        ("test/density", 0.8, 1.2),
    ],
)
def test_the_better_one_costs_less(name: str, worse: float, best: float):
    end = better(name)
    assert end is not None
    assert end.cost(best) < end.cost(worse)


def test_a_density_above_that_of_data_is_no_better():
    end = better("test/density")
    assert end is not None
    assert end.cost(1.0) == end.cost(5.0)


@pytest.mark.parametrize("name", ["test/rate", "test/active_units", "latent", "time/fit_s"])
def test_some_have_no_better_end(name: str):
    assert better(name) is None
