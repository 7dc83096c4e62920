import numpy as np
import pytest
import torch
from scipy.stats import norm

from aetrain.figures.canvas import pixels
from aetrain.figures.grid import CELL, GAP, decoded_grid, grid_codes


@pytest.mark.parametrize("n", [1, 2, 20])
def test_codes_are_the_quantiles_of_a_standard_normal(n: int) -> None:
    codes = grid_codes(n).view(n, n, 2)
    quantiles = norm.ppf((np.arange(n) + 0.5) / n)
    assert np.allclose(codes[..., 0], np.broadcast_to(quantiles, (n, n)), atol=1e-6)
    assert np.allclose(codes[..., 1], np.broadcast_to(quantiles[::-1, None], (n, n)), atol=1e-6)


def paint(z: torch.Tensor) -> torch.Tensor:
    """An image of each code: the red is the share of the prior below z₀, the green below z₁."""
    red, green = torch.special.ndtr(z).T
    return torch.stack([red, green, 0 * red], 1)[:, :, None, None].expand(-1, -1, 8, 8)


def test_the_picture_grows_to_the_right_and_upward() -> None:
    (image,) = decoded_grid(paint, n=10).axes[0].get_images()
    cells = np.asarray(image.get_array())[:: 24 + GAP, :: 24 + GAP]
    steps = np.round((np.arange(10) + 0.5) / 10 * 255)
    assert cells.shape == (10, 10, 3)
    assert np.abs(cells[..., 0] - steps).max() <= 1
    assert np.abs(cells[..., 1] - steps[::-1, None]).max() <= 1


def test_ticks_stand_at_the_quantiles_they_name() -> None:
    axes = decoded_grid(paint, n=20).axes[0]
    pitch = 24 + GAP
    for axis, sign in ((axes.xaxis, 1), (axes.yaxis, -1)):
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels()):
            z = float(label.get_text().split("\n")[0].replace("−", "-"))
            middle = 12 + pitch * (20 * norm.cdf(sign * z) - 0.5)  # in pixels, from the first tile
            assert place == pytest.approx(middle, abs=1)


def test_axes_are_named() -> None:
    axes = decoded_grid(paint, n=4, names=("a", "b long")).axes[0]
    assert axes.get_xlabel() == "a"
    assert "b long" in [text.get_text() for text in axes.texts]


def test_the_decoder_gets_all_codes_at_once_and_no_gradient() -> None:
    seen = []

    def decode(z: torch.Tensor) -> torch.Tensor:
        seen.append((z.shape, torch.is_grad_enabled()))
        return paint(z)

    decoded_grid(decode, n=5, device=torch.device("cpu"))
    assert seen == [((25, 2), False)]


def test_large_images_are_reduced() -> None:
    figure = decoded_grid(lambda z: torch.rand(len(z), 1, 128, 128), n=20)
    assert figure.bbox.width < 1000


def test_other_events_are_curves_in_their_cells() -> None:
    figure = decoded_grid(lambda z: torch.sin(z[:, :1] + torch.arange(30)), n=6)
    axes = figure.axes[0]
    assert axes.get_xlim() == (0, 6 * CELL - GAP)
    assert axes.get_ylim() == (6 * CELL - GAP, 0)
    lines = axes.collections[-1]
    paths = lines.get_paths()
    assert len(paths) == 36
    for i, path in enumerate(paths):
        assert (path.vertices // CELL == (i % 6, i // 6)).all()


@pytest.mark.parametrize("value", [0.0, torch.nan, torch.inf])
@pytest.mark.parametrize("event", [(1, 8, 8), (30,), (1,)])
def test_odd_values_are_drawn(value: float, event: tuple[int, ...]) -> None:
    pixels(decoded_grid(lambda z: torch.full((len(z), *event), value), n=3))
