import pytest
import torch
from torch import Tensor

from aetrain.corruptions.erase import LONGEST, Erase
from tests.corruptions.statistics import within

LEVELS = [0.05, 0.25, 0.6, 0.95, 1.0]


def erased(level: float, *event: int, examples: int = 4000) -> Tensor:
    torch.manual_seed(0)
    x = torch.rand(examples, *event) + 0.5
    noisy = Erase(level)(x)
    gone = noisy == 0
    assert noisy[~gone].equal(x[~gone])
    return gone


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("event", [(1, 28, 28), (3, 5, 9), (13,), (4, 6), (1,)])
def test_the_mean_share_is_the_level(event: tuple[int, ...], level: float) -> None:
    share = erased(level, *event).double().flatten(1).mean(1)
    if level == 1:
        assert (share == 1).all()
    else:
        within(share, level)


@pytest.mark.parametrize("level", LEVELS)
def test_of_an_image_it_is_a_rectangle_of_all_channels(level: float) -> None:
    gone = erased(level, 3, 16, 20)
    assert gone.equal(gone[:, :1].expand_as(gone))
    rows, columns = gone[:, 0].any(2), gone[:, 0].any(1)
    assert gone[:, 0].equal(rows[:, :, None] & columns[:, None, :])
    for sides in (rows, columns):
        assert contiguous(sides)


def test_a_rectangle_is_at_most_twice_as_long_as_wide() -> None:
    gone = erased(0.25, 1, 100, 100)[:, 0]
    height, width = gone.any(2).sum(1), gone.any(1).sum(1)
    assert ((height - 1) / (width + 1)).max() <= LONGEST
    assert ((width - 1) / (height + 1)).max() <= LONGEST
    assert (height / width).max() > 1.8
    within((height / width).log(), 0.0)


@pytest.mark.parametrize("event", [(40,), (4, 10), (2, 2, 2, 5)])
def test_of_other_events_it_is_one_run_of_values(event: tuple[int, ...]) -> None:
    assert contiguous(erased(0.3, *event).flatten(1))


def test_every_place_of_a_run_is_equally_likely() -> None:
    gone = erased(0.3, 10, examples=20_000)
    assert (gone.sum(1) == 3).all()
    for start in range(8):
        within(gone[:, start : start + 3].all(1), 1 / 8)


def contiguous(marks: Tensor) -> bool:
    """Whether the True of each row (N, L) stand together."""
    starts = marks & ~torch.nn.functional.pad(marks, (1, 0))[:, :-1]
    return bool((starts.sum(1) <= 1).all())
