import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.data.transform import Binarize, Transform, chosen_transform
from aetrain.errors import UserError
from aetrain.values import BINARY, REAL, UNIT, Values

BYTES = Values(0, 255, 256)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> Iterator[torch.dtype]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield request.param
    torch.set_default_dtype(before)


def levels(raw: Values, times: int) -> Tensor:
    """Every level, many times, in a row of its own."""
    assert raw.levels is not None
    k = torch.linspace(raw.low, raw.high, raw.levels, dtype=torch.float64)
    return k.float()[:, None].expand(-1, times).clone()


# --- scaling ---


@pytest.mark.parametrize("raw", [BYTES, Values(0, 16, 17), Values(-3, 5, 9), Values(-1, 1)])
def test_scales_to_the_unit_interval(raw: Values, dtype: torch.dtype) -> None:
    given = torch.linspace(raw.low, raw.high, 9)
    x = Transform(raw)(given)
    assert x.dtype == dtype
    torch.testing.assert_close(x, torch.linspace(0, 1, 9, dtype=dtype))
    assert Transform(raw).values == Values(0, 1, raw.levels)


def test_ends_of_bytes_are_exact(dtype: torch.dtype) -> None:
    x = Transform(BYTES)(torch.arange(256, dtype=torch.uint8))
    assert x.dtype == dtype
    assert (x.min().item(), x.max().item()) == (0.0, 1.0)
    assert (x * 255).round().equal(torch.arange(256, dtype=dtype))


def test_values_that_are_not_known_are_left(dtype: torch.dtype) -> None:
    given = torch.tensor([-7.5, 300.0])
    assert Transform(None)(given).equal(given.to(dtype))
    assert Transform(None).values is None


def test_the_raw_examples_are_not_changed() -> None:
    for transform in (Transform(Values(-1, 1)), Transform(Values(0, 2, 3), dequantize=True)):
        given = torch.ones(4)
        transform(given)
        assert given.equal(torch.ones(4))


# --- binarisation ---


def test_threshold(dtype: torch.dtype) -> None:
    x = Transform(BYTES, "threshold")(torch.tensor([0, 127, 128, 255], dtype=torch.uint8))
    assert x.dtype == dtype
    assert x.tolist() == [0, 0, 1, 1]
    assert Transform(BYTES, "threshold").values == BINARY


def test_dynamic_draws_have_the_grey_value_as_expectation(dtype: torch.dtype) -> None:
    raw = Values(0, 16, 17)
    n = 4000
    transform = Transform(raw, "dynamic")
    first, second = transform(levels(raw, n)), transform(levels(raw, n))
    assert first.dtype == dtype
    assert first.unique().tolist() == [0, 1]
    assert not first.equal(second)
    p = torch.arange(17) / 16
    error = 4 * (p * (1 - p) / n).sqrt()  # 17 levels: a wrong alarm in a thousand seeds
    assert ((first.mean(1) - p).abs() <= error).all()
    assert (first[0] == 0).all()
    assert (first[-1] == 1).all()
    # independent of each other: the product of two draws has the expectation p²
    q = p**2
    assert (((first * second).mean(1) - q).abs() <= 4 * (q * (1 - q) / n).sqrt()).all()
    assert transform.values == BINARY


def test_dynamic_draws_follow_the_generator() -> None:
    transform, given = Transform(BYTES, "dynamic"), torch.full((50,), 100, dtype=torch.uint8)
    draws = []
    for _ in range(2):
        torch.manual_seed(5)
        draws.append(transform(given))
    assert draws[0].equal(draws[1])


# --- dequantisation ---


@pytest.mark.parametrize(
    "raw", [BYTES, Values(0, 16, 17), Values(-2, 2, 5), Values(0, 1, 2), Values(0, 65535, 65536)]
)
def test_dequantised_levels_can_be_recovered(raw: Values, dtype: torch.dtype) -> None:
    assert raw.levels is not None
    transform = Transform(raw, dequantize=True)
    for _ in range(5):
        x = transform(levels(raw, max(1, 40_000 // raw.levels)))
        assert x.dtype == dtype
        assert x.min() >= 0
        assert x.max() < 1
        k = torch.arange(raw.levels, dtype=dtype)[:, None]
        assert (x * raw.levels).floor().equal(k.expand_as(x))
    assert transform.values == UNIT


@pytest.mark.parametrize("raw", [BYTES, Values(0, 16, 17), Values(-3, 5, 9)])
def test_the_noise_never_reaches_the_next_level(
    raw: Values, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    """With the largest number below 1 that torch.rand can give."""
    assert raw.levels is not None
    largest = 1 - torch.finfo(dtype).eps / 2
    monkeypatch.setattr(torch, "rand_like", lambda x: torch.full_like(x, largest))
    x = Transform(raw, dequantize=True)(levels(raw, 1))
    assert (x * raw.levels).floor().flatten().equal(torch.arange(raw.levels, dtype=dtype))
    assert x.max() < 1


def test_dequantised_noise_is_uniform() -> None:
    n = 20_000
    x = Transform(Values(0, 3, 4), dequantize=True)(levels(Values(0, 3, 4), n))
    noise = x * 4 - torch.arange(4)[:, None]
    for power in (1, 2):
        mean, variance = 1 / (power + 1), 1 / (2 * power + 1) - 1 / (power + 1) ** 2
        assert ((noise**power).mean(1) - mean).abs().max() < 4 * math.sqrt(variance / n)


def test_half_precision_merges_no_levels() -> None:
    """The result is rounded, the sum of level and noise is not."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        x = Transform(BYTES, dequantize=True)(levels(BYTES, 200).byte())
        drawn = Transform(BYTES, "dynamic")(torch.tensor([255, 0]))
    finally:
        torch.set_default_dtype(before)
    assert x.dtype == drawn.dtype == torch.bfloat16
    assert drawn.tolist() == [1, 0]
    noise = x.float() * 256 - torch.arange(256)[:, None]
    assert noise.abs().max() < 2
    assert (noise.mean(1) - 0.5).abs().max() < 0.2


# --- the choice ---


@pytest.mark.parametrize(
    ("raw", "support", "expected"),
    [
        (BYTES, BINARY, "dynamic"),
        (Values(0, 1), BINARY, "dynamic"),
        (BYTES, REAL, "none"),
        (BYTES, UNIT, "none"),
        (BINARY, BINARY, "none"),
        (None, BINARY, "none"),
        (None, REAL, "none"),
    ],
)
def test_auto(raw: Values | None, support: Values, expected: str) -> None:
    assert chosen_transform("auto", False, raw, support) == Transform(raw, expected)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("binarize", ["none", "threshold", "static", "dynamic"])
def test_what_is_asked_for_is_what_is_done(binarize: Binarize) -> None:
    for support in (BINARY, REAL):
        assert chosen_transform(binarize, False, BYTES, support) == Transform(BYTES, binarize)
    expected = Transform(BYTES, "none", dequantize=True)
    assert chosen_transform("auto", True, BYTES, REAL) == expected


UNKNOWN = (
    "dataset: the range of the values is not known, so they cannot be binarised or dequantised:"
    " declare it, such as dataset.range=[0,1]"
)
BOTH = (
    "dataset.dequantize=true: spreads levels for a density, but binarize={} makes two values of"
    " them; leave one of them out, or use likelihood=gaussian"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dynamic", False, None, BINARY), UNKNOWN),
        (("static", False, None, REAL), UNKNOWN),
        (("threshold", False, None, REAL), UNKNOWN),
        (("auto", True, None, REAL), UNKNOWN),
        (("none", True, None, REAL), UNKNOWN),
        (
            ("auto", True, Values(0, 1), REAL),
            "dataset.dequantize=true: the data are continuous already; leave it out",
        ),
        (("auto", True, BYTES, BINARY), BOTH.format("dynamic")),
        (("static", True, BYTES, REAL), BOTH.format("static")),
    ],
)
def test_choices_that_cannot_be(arguments: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen_transform(*arguments)
    assert str(caught.value) == message
