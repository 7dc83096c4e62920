"""The first layer's filters: the right weights, and the right greys."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from aetrain.build import build_model
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.figures.canvas import MARGIN, TITLE, pixels
from aetrain.figures.filters import GAP, filters, first_layer

IMAGE = torch.Size((1, 8, 8))


def made(*overrides: str, event: torch.Size = IMAGE):
    return build_model(check_early(compose([*overrides]).cfg), event).eval()


def test_the_filters_of_a_perceptron_are_its_rows():
    model = made("network.hidden=[7]")
    first = next(m for m in model.modules() if isinstance(m, nn.Linear))
    found = first_layer(model, torch.rand(3, 1, 8, 8))
    assert found is not None
    assert found.shape == (7, 1, 8, 8)
    assert torch.equal(found.flatten(1), first.weight)
    # a filter's brightness is its inner product with the image that it is
    x = torch.rand(1, 1, 8, 8)
    assert torch.allclose(first(x.flatten(1)) - first.bias, (found * x).sum((1, 2, 3)))


@pytest.mark.parametrize("network", ["conv", "resnet", "gated_conv", "attention", "pixelcnn"])
def test_the_filters_of_a_convolution(network: str):
    model = made(f"network={network}", event=torch.Size((3, 16, 16)))
    found = first_layer(model, torch.rand(2, 3, 16, 16))
    assert found is not None
    assert found.shape[1] == 3
    assert found[0, 0].numel() > 1


def test_vectors_and_maps_have_none():
    vectors = made(event=torch.Size((5,)))
    assert first_layer(vectors, torch.rand(2, 5)) is None
    maps = made(event=torch.Size((2, 4, 4)))
    assert first_layer(maps, torch.rand(2, 2, 4, 4)) is None


def test_zero_is_grey_and_the_largest_weight_is_black_or_white():
    weights = torch.zeros(2, 1, 48, 48)
    weights[0, 0, 0, :2] = torch.tensor([2.0, -1.0])
    weights[1, 0, 0, 0] = -1e-3
    picture = pixels(filters(weights, title="a"))[TITLE:-MARGIN, MARGIN:]
    assert np.array_equal(picture[0, :3, 0], [255, 64, 128])
    assert np.array_equal(picture[0, 48 + GAP : 50 + GAP, 0], [0, 128])


def test_a_filter_of_zeros_and_more_than_64(tmp_path: Path):
    filters(torch.zeros(100, 3, 4, 4)).savefig(tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 0
