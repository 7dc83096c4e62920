import math

import pytest
import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.networks.attention import AttentionDecoder, AttentionEncoder
from aetrain.networks.transformer import Block, SelfAttention

LATENT = torch.Size([4])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_the_formula_of_attention() -> None:
    heads, width, number = 3, 12, 5
    attention = SelfAttention(width, heads).double()
    x = torch.randn(2, number, width, dtype=torch.float64)
    q, k, v = attention.query_key_value.weight.view(3, heads, width // heads, width)
    parts: list[Tensor] = []
    for head in range(heads):
        scores = (x @ q[head].T) @ (x @ k[head].T).transpose(1, 2) / math.sqrt(width // heads)
        weights = scores.exp() / scores.exp().sum(2, keepdim=True)
        parts.append(weights @ (x @ v[head].T))
    expected = attention.output(torch.cat(parts, 2))
    torch.testing.assert_close(attention(x), expected)


def test_a_block_treats_tokens_alike() -> None:
    block = Block(8, 2, nn.GELU).double()
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    order = torch.randperm(5)
    torch.testing.assert_close(block(x)[:, order], block(x[:, order]))


@pytest.mark.parametrize("size", [(1, 1), (7, 13), (28, 20), (8, 8), (3, 4)], ids=str)
@pytest.mark.parametrize("patch", [1, 3, 4])
def test_any_image_and_any_patch(size: tuple[int, int], patch: int) -> None:
    image = torch.Size([3, *size])
    options = {"widths": [8], "depth": 1, "patch": patch}
    encoder = AttentionEncoder([image], torch.Size([2, 4]), **options)
    decoder = AttentionDecoder([LATENT], torch.Size([2, *image]), **options)
    number = math.ceil(size[0] / patch) * math.ceil(size[1] / patch)
    assert encoder.places.shape == decoder.places.shape == (number, 8)
    x = torch.randn(1, *image, requires_grad=True)
    encoder(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()
    y = decoder(torch.randn(2, 4))
    assert y.shape == (2, 2, *image)
    assert (y[0] != y[1]).all()


def test_the_patches_lie_where_they_belong() -> None:
    """The token of one place writes into its own patch alone, and is read from there alone."""
    decoder = AttentionDecoder([LATENT], torch.Size([2, 3, 5, 7]), widths=[8], patch=3)
    decoder.blocks = nn.Sequential()
    grid = torch.autograd.functional.jacobian(
        lambda places: torch.func.functional_call(decoder, {"places": places}, torch.randn(1, 4)),
        decoder.places.detach(),
    )
    assert isinstance(grid, Tensor)
    written = (grid[0] != 0).any(-1)  # (P, C, H, W, places)
    row, column = torch.meshgrid(torch.arange(5), torch.arange(7), indexing="ij")
    place = row // 3 * 3 + column // 3
    assert torch.equal(written, (place[..., None] == torch.arange(6)).expand(2, 3, 5, 7, 6))
    encoder = AttentionEncoder([torch.Size([3, 5, 7])], torch.Size([1]), widths=[8], patch=3)
    encoder.blocks = nn.Sequential()
    with torch.no_grad():
        for i in range(6):
            encoder.read.weight.zero_()
            encoder.read.weight.view(6, 8)[i] = 1
            x = torch.randn(1, 3, 5, 7)
            inside = place == i
            kept = encoder(x)
            assert torch.equal(encoder(torch.where(inside, x, torch.randn_like(x))), kept)
            assert not torch.equal(encoder(torch.where(inside, torch.randn_like(x), x)), kept)


def test_widths_and_depth() -> None:
    encoder = AttentionEncoder([torch.Size([1, 8, 8])], LATENT, widths=[8, 12], depth=3)
    decoder = AttentionDecoder([LATENT], torch.Size([1, 8, 8]), widths=[8, 12], depth=3)
    kinds = [Block, Block, Block, nn.Linear, Block, Block, Block, nn.LayerNorm]
    assert [type(m) for m in encoder.blocks] == [type(m) for m in decoder.blocks] == kinds
    assert encoder.places.shape == (4, 8)
    assert decoder.places.shape == (4, 12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 0}, "network.patch=0: must be at least 1"),
        ({"heads": 0}, "network.heads=0: must be at least 1"),
        ({"depth": 0}, "network.depth=0: must be at least 1"),
        ({"widths": []}, "network.hidden=[]: network=attention needs a layer at least"),
        (
            {"widths": [8, 6], "heads": 4},
            "network.heads=4: must divide each of network.hidden=[8, 6]",
        ),
        ({"widths": [1], "heads": 1}, "network.heads=1: must divide each of network.hidden=[1]"),
    ],
)
def test_what_it_refuses(options: dict, message: str) -> None:
    image = torch.Size([1, 8, 8])
    for make in (
        lambda: AttentionEncoder([image], LATENT, **options),
        lambda: AttentionDecoder([LATENT], image, **options),
    ):
        with pytest.raises(UserError) as caught:
            make()
        assert str(caught.value).startswith(message)


def test_it_needs_an_image() -> None:
    with pytest.raises(UserError, match="network=attention needs images"):
        AttentionEncoder([torch.Size([5])], LATENT)
    with pytest.raises(UserError, match="network=attention encodes one image"):
        AttentionEncoder([torch.Size([1, 8, 8]), LATENT], LATENT)
    with pytest.raises(UserError, match="network=attention needs images"):
        AttentionDecoder([LATENT], torch.Size([5]))
