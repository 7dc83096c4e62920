from itertools import pairwise

import pytest
import torch
from torch import nn

from aetrain.errors import UserError
from aetrain.networks.image import (
    halvings,
    halvings_to,
    image_shape,
    more,
    one_image,
    require_at_least_one,
    require_layers,
)


def test_image_shape() -> None:
    assert image_shape(torch.Size([3, 4, 5]), "it", "conv") == (1, 3, 4, 5)
    assert image_shape(torch.Size([2, 3, 4, 5]), "it", "conv") == (2, 3, 4, 5)
    assert one_image([torch.Size([3, 4, 5])], "conv") == (3, 4, 5)


def test_what_is_no_image() -> None:
    with pytest.raises(UserError) as caught:
        image_shape(torch.Size([5]), "the output", "resnet")
    assert str(caught.value) == (
        "network=resnet needs images (channels, height, width), but the output has the shape (5,):"
        " use network=mlp"
    )


def test_numbers() -> None:
    require_at_least_one(depth=1, patch=3)
    with pytest.raises(UserError, match=r"^network\.patch=0: must be at least 1$"):
        require_at_least_one(depth=1, patch=0)
    require_layers([1], "conv")
    with pytest.raises(UserError, match=r"network\.hidden=\[\]: network=gated_conv needs a layer"):
        require_layers([], "gated_conv")


@pytest.mark.parametrize("size", [(1, 1), (7, 13), (28, 20), (2, 5)])
def test_halvings_are_the_convolutions_and_the_way_back(size: tuple[int, int]) -> None:
    sizes = halvings(*size, 3)
    down = nn.Conv2d(1, 1, 3, stride=2, padding=1)
    for large, small in pairwise(sizes):
        assert down(torch.zeros(1, 1, *large)).shape[2:] == small
        up = nn.ConvTranspose2d(1, 1, 3, 2, padding=1, output_padding=more(large))
        assert up(torch.zeros(1, 1, *small)).shape[2:] == large


@pytest.mark.parametrize("size", [(8, 8), (7, 13), (1, 1), (28, 20), (1, 6)])
def test_halvings_to_a_map(size: tuple[int, int]) -> None:
    ways = list(dict.fromkeys(halvings(*size, 6)))
    for times, smaller in enumerate(ways):
        for shape in [(5, *smaller), (2, 5, *smaller)]:
            assert halvings_to(*size, torch.Size(shape)) == times
        assert halvings_to(*size, torch.Size(smaller)) is None
    assert halvings_to(*size, torch.Size([5, 6, 7])) is None
    assert halvings_to(*size, torch.Size([4])) is None
