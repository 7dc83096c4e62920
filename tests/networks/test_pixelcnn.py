"""Which pixels the causal network sees, by its Jacobian."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.networks.pixelcnn import PixelCNNDecoder

LATENT = torch.Size([4])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(out: Sequence[int], event: Sequence[int] | None = None, depth: int = 2) -> PixelCNNDecoder:
    return PixelCNNDecoder(
        [LATENT],
        torch.Size(out),
        event=event,
        channels=[4],
        features=3,
        depth=depth,
        activation="tanh",
    ).double()


def jacobian(network: PixelCNNDecoder, event: Sequence[int]) -> Tensor:
    """Return whether any number of pixel i hangs on any of pixel j, (H W, H W)."""
    h = network.condition(torch.randn(1, 4, dtype=torch.float64)).detach()
    x = torch.randn(1, *event, dtype=torch.float64)
    full = torch.autograd.functional.jacobian(lambda x: network(h, x), x)
    assert isinstance(full, Tensor)
    rows, columns = event[1:]
    pixels = rows * columns
    by_pixel = full.reshape(-1, pixels, event[0], pixels).abs().amax((0, 2))
    return by_pixel > 0


SHAPES = [
    ((1, 5, 6), (1, 5, 6)),
    ((3, 4, 5), (3, 4, 5)),
    ((2, 3, 5, 4), (3, 5, 4)),
    ((7, 4, 4), (2, 4, 4)),
    ((2, 1, 1, 6), (1, 1, 6)),
    ((1, 6, 1), (1, 6, 1)),
    ((1, 1, 1), (1, 1, 1)),
]


@pytest.mark.parametrize(("out", "event"), SHAPES, ids=str)
def test_a_pixel_sees_none_at_or_after_its_place(out: Sequence[int], event: Sequence[int]) -> None:
    sees = jacobian(made(out, event), event)
    assert not sees.triu().any()


@pytest.mark.parametrize(("out", "event"), SHAPES, ids=str)
def test_with_depth_it_sees_all_before_its_place(out: Sequence[int], event: Sequence[int]) -> None:
    sees = jacobian(made(out, event, depth=6), event)
    assert torch.equal(sees, torch.ones_like(sees).tril(-1))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_its_reach(depth: int) -> None:
    rows, columns = 8, 13
    sees = jacobian(made((1, rows, columns), depth=depth), (1, rows, columns))
    reach = depth + 2
    own = sees.view(rows, columns, rows, columns)[rows - 1, columns // 2]
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    above = rows - 1 - row
    assert not own[above > reach].any()
    assert own[(above <= reach) & (above > 0) & (column == columns // 2)].all()
    left = columns // 2 - column[rows - 1]
    assert torch.equal(own[rows - 1], (left > 0) & (left <= reach))


def test_every_number_hangs_on_the_code() -> None:
    network = made((2, 3, 5, 4))
    x = torch.randn(1, 3, 5, 4, dtype=torch.float64)
    z = torch.randn(1, 4, dtype=torch.float64)
    full = torch.autograd.functional.jacobian(lambda z: network(network.condition(z), x), z)
    assert isinstance(full, Tensor)
    assert (full.reshape(-1, 4) != 0).all()


def test_the_channels_of_the_data_are_the_events() -> None:
    inputs = {
        ((6, 4, 4), (3, 4, 4)): 3,
        ((6, 4, 4), None): 6,
        ((2, 3, 4, 4), None): 3,
        ((6, 1, 4, 4), (3, 4, 4)): 3,
    }
    for (out, event), channels in inputs.items():
        network = made(out, event)
        condition = network.condition(torch.randn(2, 4, dtype=torch.float64))
        x = torch.randn(2, channels, 4, 4, dtype=torch.float64)
        assert network(condition, x).shape == (2, *out)


def test_it_ends_without_a_nonlinearity() -> None:
    assert isinstance(made((1, 8, 8)).read[-1], nn.Conv2d)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 0}, "network.depth=0: must be at least 1"),
        ({"features": 0}, "network.features=0: must be at least 1"),
        ({"channels": []}, "network.hidden=[]: network=pixelcnn needs a layer at least"),
    ],
)
def test_what_it_refuses(options: dict, message: str) -> None:
    with pytest.raises(UserError) as caught:
        PixelCNNDecoder([LATENT], torch.Size([1, 8, 8]), **options)
    assert str(caught.value).startswith(message)


def test_it_needs_an_image() -> None:
    with pytest.raises(UserError) as caught:
        PixelCNNDecoder([LATENT], torch.Size([2, 5]))
    assert str(caught.value) == (
        "network=pixelcnn needs images (channels, height, width), but the output has the shape"
        " (2, 5): use network=mlp"
    )
