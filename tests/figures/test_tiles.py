import numpy as np
import pytest
import torch

from aetrain.figures.tiles import MOST, NAN, SEPARATOR, compose, is_image, tiles


@pytest.mark.parametrize("channels", [1, 3])
def test_a_tile_is_its_image_enlarged(channels: int) -> None:
    images = torch.rand(7, channels, 8, 10)
    picture = tiles(images, columns=3)
    down, across = 5 * 8, 5 * 10  # the longer side, 10, reaches 48 by a factor of 5
    assert picture.shape == (3 * (down + 2) - 2, 3 * (across + 2) - 2, channels)
    assert picture.dtype == np.uint8
    for i, image in enumerate((images * 255).round().byte().permute(0, 2, 3, 1).numpy()):
        top, left = i // 3 * (down + 2), i % 3 * (across + 2)
        expected = np.kron(image, np.ones((5, 5, 1), np.uint8))
        assert np.array_equal(picture[top : top + down, left : left + across], expected)


def test_between_and_after_the_tiles_is_the_separator() -> None:
    picture = tiles(torch.zeros(3, 1, 48, 48), columns=2)
    assert (picture == SEPARATOR).sum() == 98 * 98 - 3 * 48 * 48
    assert (picture[48:50] == SEPARATOR).all()
    assert (picture[:, 48:50] == SEPARATOR).all()
    assert (picture[50:, 50:] == SEPARATOR).all()


def test_never_more_than_64_tiles() -> None:
    images = torch.rand(1000, 1, 48, 48)
    assert np.array_equal(tiles(images), tiles(images[:MOST]))
    assert tiles(images).shape == (8 * 50 - 2, 8 * 50 - 2, 1)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (5, 2, 3), (9, 3, 3)])
def test_a_nearly_square_layout(count: int, rows: int, columns: int) -> None:
    assert tiles(torch.rand(count, 1, 48, 48)).shape == (50 * rows - 2, 50 * columns - 2, 1)


@pytest.mark.parametrize(
    ("side", "shown"), [(1, 48), (8, 48), (28, 56), (32, 64), (48, 48), (256, 256), (300, 150)]
)
def test_small_images_are_enlarged_and_large_ones_reduced(side: int, shown: int) -> None:
    assert tiles(torch.rand(1, 1, side, side)).shape == (shown, shown, 1)


def test_a_reduced_image_is_averaged_not_sampled() -> None:
    checks = (torch.arange(512)[:, None] + torch.arange(512)) % 2
    assert (tiles(checks[None, None].float()) == 128).all()


def test_values_are_scaled_and_clipped() -> None:
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0, torch.inf, -torch.inf]).view(7, 1, 1, 1)
    shown = tiles(x, columns=7, low=-1, high=1)[0, ::50, 0]
    assert shown.tolist() == [0, 0, 128, 255, 255, 255, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_nan_is_magenta_and_the_rest_is_unchanged(channels: int) -> None:
    images = torch.rand(4, channels, 48, 48)
    broken = images.clone()
    broken[1, 0, 3, 5] = torch.nan
    picture, whole = tiles(broken, columns=2), tiles(images, columns=2)
    assert picture.shape[2] == 3
    assert tuple(picture[3, 55]) == NAN
    differs = (picture != whole).any(2)
    assert differs.sum() == 1


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float64, torch.bfloat16, torch.bool])
def test_any_dtype_is_shown(dtype: torch.dtype) -> None:
    images = torch.ones(2, 1, 8, 8).to(dtype)
    assert (tiles(images)[:48, :48] == 255).all()


def test_a_graph_is_no_hindrance() -> None:
    tiles(torch.rand(2, 1, 8, 8, requires_grad=True))


def test_compose_shows_all() -> None:
    picture = compose(
        torch.zeros(400, 1, 8, 8), columns=20, low=0, high=1, smallest=24, largest=40, gap=0
    )
    assert picture.shape == (480, 480, 1)
    assert not picture.any()


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (2, 2, 8, 8), (2, 8, 8), (2, 64)])
def test_what_is_no_image_is_refused_by_its_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=str(shape).replace("(", r"\(").replace(")", r"\)")):
        tiles(torch.zeros(shape), columns=1)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="low=1, high=1"):
        tiles(torch.zeros(1, 1, 8, 8), low=1, high=1)


@pytest.mark.parametrize(
    ("event", "answer"), [((1, 8, 8), True), ((3, 4, 5), True), ((2, 8, 8), False), ((64,), False)]
)
def test_which_events_are_images(event: tuple[int, ...], answer: bool) -> None:
    assert is_image(torch.Size(event)) is answer
