"""Which figures are bits per dimension, and what is said where there are none."""

import math
from pathlib import Path

import numpy as np
import pytest

import aetrain
from aetrain.config.files import groups
from aetrain.errors import UserError
from tests.conftest import TINY

EXPECTED = "expected log masses of a random binarisation, comparable only with other runs of"
NOT_SPREAD = "as a density on data that were not dequantised"
DENSITIES = ("gaussian", "laplace", "student_t", "beta", "continuous_bernoulli")
COUNTING = ("poisson", "negative_binomial", "multinomial", "zero_inflated_negative_binomial")


def told(capsys: pytest.CaptureFixture[str], *job: str) -> tuple[float | None, str]:
    """Train; return the bits per dimension, and what is said of them."""
    capsys.readouterr()
    results = aetrain.train([*TINY, "trainer.max_epochs=1", "logger=none", *job])
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("bits per dim")]
    return results.get("test/bits_per_dim"), " ".join(lines)


@pytest.mark.parametrize("likelihood", groups()["likelihood"])
def test_bits_of_the_digits(
    likelihood: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 17 levels a density has none, and a mass has some; grey values have no mass."""
    job = [f"likelihood={likelihood}"]
    if likelihood in COUNTING:  # of a file of numbers that nobody has declared to be counts
        np.save("x.npy", np.random.default_rng(0).integers(1, 9, (60, 4)).astype(np.float32))
        job += ["dataset=array", "dataset.path=x.npy"]
    bits, said = told(capsys, *job)
    none = likelihood == "bernoulli_grey" or likelihood in DENSITIES
    assert (bits is None) == none
    if likelihood == "bernoulli_grey":
        assert EXPECTED in said
    elif none:
        assert NOT_SPREAD in said
    else:
        assert bits is not None
        assert math.isfinite(bits)
        assert "none" not in said


def test_real_numbers_cannot_be_dequantised(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("x.npy", np.random.default_rng(0).normal(size=(60, 4)))
    bits, said = told(capsys, "dataset=array", "dataset.path=x.npy", "likelihood=gaussian")
    assert bits is None
    assert said == "bits per dimension: none, as the data are real numbers"


def test_grey_values_under_a_bernoulli_are_not_dequantised(here: Path) -> None:
    with pytest.raises(UserError, match=r"dequantize=true: is for densities.*bernoulli_grey is no"):
        aetrain.train([*TINY, "likelihood=bernoulli_grey", "dataset.dequantize=true"])
    assert not list(here.iterdir())
