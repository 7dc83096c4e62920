"""Figures that cannot be held against one another."""

from typing import Any

import pytest

from aetrain.comparison.unlike import unlike

ONE = {
    "test/nll": 90.0,
    "test/nll_samples": 100,
    "test/squared_error": 3.0,
    "test/bits_per_dim": 0.2,
    "test/frechet": 7.0,
    "test/sample_features": "pixels",
    "test/knn_accuracy": 0.9,
    "test/rate": 5.0,
    "test/denoising_cost": 90.0,
    "corruption.level": 0.1,
    "test/nll_ais": 88.0,
    "test/ais_temperatures": 200,
    "test/auroc_elbo": 0.8,
    "test/anomaly_against": "a",
    "likelihood._target_": "aetrain.likelihoods.bernoulli.Bernoulli",
    "dataset.binarize": "dynamic",
}


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("nll", {"test/nll": 80.0}, None),
        ("nll", {"test/nll_examples": 1000}, "of all and 1,000 examples"),
        ("nll", {"test/nll_samples": 5000}, "test/nll_samples is 100 and 5000"),
        ("nll", {"likelihood._target_": "other"}, "likelihood is Bernoulli and other"),
        ("nll", {"conditioning._target_": "aetrain.conditioning.concat.Concat"}, "conditioning"),
        ("nll", {"dataset.binarize": "none"}, "dataset.binarize is dynamic and none"),
        ("squared_error", {"dataset.binarize": "none"}, "dataset.binarize is dynamic and none"),
        ("squared_error", {"likelihood._target_": "other"}, None),
        ("bits_per_dim", {"likelihood._target_": "other", "dataset.dequantize": True}, None),
        ("bits_per_dim", {"conditioning._target_": "x"}, "conditioning is None and x"),
        ("frechet", {"test/sample_features": "net"}, "test/sample_features is pixels and net"),
        ("frechet", {"test/nll_examples": 1000}, None),
        ("knn_accuracy", {"test/probe_codes": 50}, "test/probe_codes is None and 50"),
        ("knn_accuracy", {"dataset.binarize": "none"}, None),
        ("denoising_cost", {"corruption.level": 0.6}, "corruption.level is 0.1 and 0.6"),
        ("nll_ais", {"test/ais_temperatures": 5}, "test/ais_temperatures is 200 and 5"),
        ("auroc_elbo", {"test/anomaly_against": "b"}, "test/anomaly_against is a and b"),
        ("rate", {"test/rate_examples": 10}, "of all and 10 examples"),
        (
            "nll",
            {"test/nll_examples": 1000, "test/nll_samples": 5},
            "of all and 1,000 examples; test/nll_samples is 100 and 5",
        ),
    ],
)
def test_in_what_two_runs_do_not_agree(name: str, change: dict[str, Any], why: str | None):
    found = unlike(f"test/{name}", [ONE, {**ONE, **change}])
    assert found is None if why is None else str(found).startswith(why)


def test_runs_without_the_figure_are_not_asked():
    assert unlike("test/nll", [ONE, {"likelihood._target_": "other"}]) is None
