"""A network of an example and a code: who sees what, in whichever order they come."""

from functools import partial

import pytest
import torch

from aetrain.errors import UserError
from aetrain.networks.conv import ConvEncoder
from aetrain.networks.joint import Joint

IMAGE, CODE, OUT = torch.Size((1, 8, 8)), torch.Size((3,)), torch.Size((1,))


@pytest.mark.parametrize("place", [0, 1])
def test_the_image_goes_through_a_network_of_images(place: int) -> None:
    torch.manual_seed(0)
    body = partial(ConvEncoder, channels=[4])
    given = [IMAGE, CODE] if place == 0 else [CODE, IMAGE]
    made = Joint(body, given, OUT, features=5, hidden=[7], place=place)
    x, z = torch.rand(2, *IMAGE, requires_grad=True), torch.rand(2, *CODE, requires_grad=True)
    out = made(*((x, z) if place == 0 else (z, x)))
    assert out.shape == (2, 1)
    seen = torch.autograd.grad(out.sum(), [x, z])
    assert all((gradient != 0).any() for gradient in seen)
    f = torch.nn.functional.leaky_relu(made.body(x), 0.2)
    torch.testing.assert_close(out, made.head(f, z))


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.features=0: must be at least 1"):
        Joint(ConvEncoder, [IMAGE, CODE], OUT, features=0)
