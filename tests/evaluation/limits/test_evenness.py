"""Volumes and areas of classes against closed forms and enumeration."""

import math

import numpy as np
import pytest
import torch

from aetrain.evaluation.limits.evenness import (
    area_unevenness,
    log_volumes,
    no_volume,
    shares,
    volume_variance,
)

G = torch.Generator().manual_seed(0)


def codes(scales: list[float], each: int, d: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    z = [s * torch.randn(each, d, generator=G, dtype=torch.float64) + 5 * s for s in scales]
    return torch.cat(z), torch.arange(len(scales)).repeat_interleave(each)


def test_volumes_are_numpys():
    z, y = codes([1.0, 3.0, 0.2], 40, 3)
    wanted = [0.5 * np.linalg.slogdet(np.cov(z[y == k].T.numpy()))[1] for k in range(3)]
    torch.testing.assert_close(log_volumes(z, y, 3), torch.tensor(wanted))


def test_a_scale_adds_its_logarithm_in_each_dimension():
    z, y = codes([1.0, 1.0], 30)
    grown = torch.where((y == 1)[:, None], 7 * z, z)
    change = log_volumes(grown, y, 2) - log_volumes(z, y, 2)
    torch.testing.assert_close(change, torch.tensor([0, 2 * math.log(7)], dtype=torch.float64))


def test_the_variance_of_known_volumes_and_its_error():
    """Four classes of scales e^±½: log volumes ±1, and their variance 1."""
    a, b = math.e**0.5, math.e**-0.5
    truth = [volume_variance(*codes([a, a, b, b], 300), 4, seed=i) for i in range(30)]
    values = np.array([found.value for found in truth])
    # each log volume has the variance d / (2 n) of ½ ln of a Wishart's determinant
    assert abs(values.mean() - 1 - 0.75 * 2 / (2 * 300)) < 4 * values.std() / 30**0.5
    assert np.mean([found.error for found in truth]) == pytest.approx(values.std(ddof=1), rel=0.4)


def test_a_class_of_few_examples_has_no_volume():
    z, y = codes([1.0, 1.0], 30)
    few = torch.cat([torch.arange(30), torch.arange(30, 34)])
    assert log_volumes(z[few], y[few], 2).isnan().tolist() == [False, True]
    assert math.isnan(volume_variance(z[few], y[few], 2, seed=0).value)
    assert log_volumes(z, y, 3)[2].isnan()


def test_why_a_class_has_no_volume_is_said_in_words():
    z, y = codes([1.0, 1.0], 30)
    assert no_volume(z, y, ["cat", "dog"]) == ""
    assert no_volume(z[:34], y[:34], ["cat", "dog"]) == (
        "too few examples of class dog (4): more than 4 are needed"
    )
    assert no_volume(z, y, ["cat", "dog", "cow"]) == (
        "too few examples of class cow (0): more than 4 are needed"
    )
    assert no_volume(z[:4], y[:4], list("abcde")) == (
        "too few examples of class a (4), b (0), c (0) and 2 more: more than 4 are needed"
    )
    z[y == 0, 1] = 3.0
    assert no_volume(z, y, ["cat", "dog"]) == "codes of class cat span fewer than 2 dimensions"
    assert not math.isfinite(volume_variance(z, y, 2, seed=0).value)


def test_areas():
    found = torch.tensor([0, 0, 0, 2])
    assert shares(found, 3).tolist() == [0.75, 0.0, 0.25]
    value = area_unevenness(found, 3, seed=0).value
    relative = np.array([0.75, 0.0, 0.25]) * 3
    assert value == pytest.approx(relative.var())
    assert area_unevenness(torch.arange(40) % 4, 4, seed=0).value == pytest.approx(0)
    assert area_unevenness(torch.zeros(9).long(), 5, seed=0).value == pytest.approx(4)


def test_the_error_of_an_area_is_over_draws():
    mass = torch.tensor([0.6, 0.3, 0.1])
    found = [
        area_unevenness(torch.multinomial(mass, 500, True, generator=G), 3, seed=i)
        for i in range(60)
    ]
    spread = np.std([f.value for f in found], ddof=1)
    assert np.mean([f.error for f in found]) == pytest.approx(spread, rel=0.3)
