"""Rendered images against the factors that they are rendered from."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.data.sprites import REACH, Rendered, Sprites
from aetrain.data.table import Memory, Splits
from aetrain.data.view import in_memory
from aetrain.errors import UserError
from aetrain.values import BINARY
from tests.conftest import TINY
from tests.data.tables import every


def distinct(x: Tensor) -> int:
    return len({row.tobytes() for row in np.packbits(x.flatten(1).numpy(), axis=1)})


def made(splits: Splits) -> Tensor:
    assert splits.factors is not None
    return splits.factors.values


def test_what_it_gives() -> None:
    source = Sprites()
    splits = source.load()
    table = splits.train
    assert isinstance(table, Memory)
    assert (len(table), table.event, source.event) == (12_000, (1, 32, 32), (1, 32, 32))
    assert table.x.dtype == torch.uint8
    assert table.x.unique().tolist() == [0, 1]
    assert splits.raw == source.raw == BINARY
    assert splits.classes == ["square", "ellipse", "heart"]
    assert splits.valid is splits.test is None
    assert table.y is not None
    assert table.y.bincount().tolist() == [4000] * 3


def test_each_combination_of_factors_is_there_once_and_in_order() -> None:
    splits = Sprites(8, 3, 2, 4, 5).load()
    assert splits.factors is not None
    assert splits.factors.names == ("shape", "scale", "rotation", "x", "y")
    n = torch.arange(3 * 2 * 4 * 5 * 5)
    bases, expected = (3, 2, 4, 5, 5), []
    for base in reversed(bases):
        expected.insert(0, n % base)
        n = n // base
    assert splits.factors.values.equal(torch.stack(expected, 1))
    assert splits.train.y is not None
    assert splits.train.y.equal(expected[0])


def test_a_factor_of_one_value_is_none() -> None:
    splits = Sprites(16, shapes=1, scales=1, positions=3).load()
    assert splits.factors is not None
    assert splits.factors.names == ("rotation", "x", "y")
    assert splits.classes == ["square"]
    assert Sprites(16, 1, 1, 1, 1).load().factors is None


def test_areas_and_centres() -> None:
    """Squares and ellipses: 2 r² and π r² / 2, about the centre that the factors name.

    A convex figure of circumference L covers the centres of A pixels ± (L/2 + 1); L ≤ 4 √2 r here.
    """
    size = 128
    splits = Sprites(size, shapes=2, scales=3, rotations=3, positions=3).load()
    x, factors = every(splits.train)[:, 0].double(), made(splits)
    radius = REACH * size * torch.tensor([0.5, 0.75, 1.0], dtype=torch.float64)[factors[:, 1]]
    shares = torch.tensor([2.0, math.pi / 2], dtype=torch.float64)[factors[:, 0]]
    area = x.sum((1, 2))
    assert ((area - shares * radius**2).abs() <= 8**0.5 * radius + 1).all()
    pixels = torch.arange(size, dtype=torch.float64) + 0.5
    places = size * torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    across, down = (x.sum(1) * pixels).sum(1) / area, (x.sum(2) * pixels).sum(1) / area
    torch.testing.assert_close(across, places[factors[:, 3]], rtol=0, atol=0.3)
    torch.testing.assert_close(down, places[factors[:, 4]], rtol=0, atol=0.3)


def test_rotations_are_clockwise() -> None:
    """The long axis of an ellipse, from its second moments: down is positive."""
    size, rotations = 128, 12
    splits = Sprites(size, shapes=2, scales=1, rotations=rotations, positions=1, turn=180).load()
    x = every(splits.train)[rotations:, 0].double()
    centred = torch.arange(size, dtype=torch.float64) + 0.5 - size / 2
    xx = (x.sum(1) * centred**2).sum(1)
    yy = (x.sum(2) * centred**2).sum(1)
    xy = (x * centred[:, None] * centred).sum((1, 2))
    angle = 0.5 * torch.atan2(2 * xy, xx - yy)
    expected = torch.arange(rotations) * math.pi / rotations
    off = (angle - expected + math.pi / 2) % math.pi - math.pi / 2
    assert off.abs().max() < 0.01


def test_none_is_cut_off() -> None:
    """At the corners there are as many pixels as in the middle, shifted by whole pixels."""
    x = every(Sprites(64, scales=1, rotations=40, positions=3, turn=360).load().train)
    places = x.view(3, 40, 3, 3, 64, 64)
    middle = places[:, :, 1, 1]
    for across, down in [(0, 0), (0, 2), (2, 0), (2, 2), (1, 0)]:
        shifts = (16 * (down - 1), 16 * (across - 1))
        assert places[:, :, across, down].equal(middle.roll(shifts, (2, 3)))


def test_up_to_a_quarter_turn_images_differ() -> None:
    assert distinct(every(Sprites(64).load().train)) == 12_000
    assert distinct(every(Sprites(32).load().train)) == 12_000 - 58


def test_a_square_looks_the_same_after_a_quarter_turn() -> None:
    # at 50 pixels no edge runs through the centre of a pixel, where rounding would decide
    splits = Sprites(50, scales=1, rotations=8, positions=1, turn=360).load()
    square, ellipse, heart = every(splits.train).split(8)
    assert [distinct(x) for x in (square, ellipse, heart)] == [2, 4, 8]
    assert square[0].equal(square[2])


def test_what_is_too_large_for_memory_is_rendered_when_read() -> None:
    held, lazy = Sprites(16, scales=2).load(), Sprites(16, scales=2, memory_limit=0).load()
    assert in_memory(held.train)
    assert not in_memory(lazy.train)
    assert isinstance(lazy.train, Rendered)
    assert every(lazy.train).equal(every(held.train))
    rows = torch.tensor([599, 0, 17, 17])
    assert lazy.train.read(rows).equal(every(held.train)[rows])
    assert made(lazy).equal(made(held))
    assert lazy.train.y.equal(made(held)[:, 0])


def test_the_numbers_of_dsprites() -> None:
    source = Sprites(size=64, scales=6, rotations=40, positions=32, turn=360)
    table = source.load().train
    assert not in_memory(table)
    assert (len(table), table.event) == (737_280, (1, 64, 64))
    assert table.read(torch.tensor([0, 737_279])).sum((1, 2, 3)).min() > 0


def test_the_default_type_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = every(Sprites(16, positions=4).load().train)
    torch.set_default_dtype(torch.float64)
    try:
        assert every(Sprites(16, positions=4).load().train).equal(before)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("limit", [0, 10**9], ids=["rendered", "held"])
def test_a_job(limit: int, here: object) -> None:
    small = ["dataset=sprites", "dataset.size=8", "dataset.positions=2", "dataset.rotations=2"]
    results = aetrain.train([*TINY, *small, f"dataset.memory_limit={limit}"])
    assert math.isfinite(results["test/elbo"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 7}, "dataset.size=7: must be at least 8"),
        ({"shapes": 0}, "dataset.shapes=0: must be at least 1"),
        ({"shapes": 4}, "dataset.shapes=4: must be at most 3"),
        ({"positions": 0}, "dataset.positions=0: must be at least 1"),
        ({"turn": 0}, "dataset.turn=0: must be above 0 and at most 360 degrees"),
        ({"turn": 361}, "dataset.turn=361: must be above 0 and at most 360 degrees"),
    ],
    ids=str,
)
def test_numbers_out_of_range(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(UserError) as caught:
        Sprites(**wrong)
    assert str(caught.value) == message
