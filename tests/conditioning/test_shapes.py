"""Conditions that are no labels: vectors and other images."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.conditioning.channels import Channels
from aetrain.conditioning.concat import Concat
from aetrain.conditioning.conditioning import Conditioning
from aetrain.conditioning.cross_attention import CrossAttention
from aetrain.conditioning.film import Film
from aetrain.errors import UserError
from aetrain.networks.conv import ConvEncoder
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian

EVENT = (1, 8, 8)


@pytest.mark.parametrize("kind", [Concat, Channels, Film, CrossAttention])
@pytest.mark.parametrize("shape", [(5,), (2, 8, 8), (3, 4, 4)])
def test_a_batch_may_bring_its_own_condition(kind: type[Conditioning], shape: tuple[int]) -> None:
    torch.manual_seed(0)
    conditioning = kind(shape=shape)
    network = MLP if kind is Concat else ConvEncoder
    encoder = Conditional(conditioning.apply(network), DiagonalGaussian((3,)), [EVENT])
    x, c = torch.rand(4, *EVENT), torch.randn(4, *shape)
    given: dict[str, Tensor] = {"x": x, "condition": c, "y": torch.zeros(4).long()}
    assert conditioning.of_batch(given) is c
    with conditioning.condition.given(c):
        one = encoder(x).mean
    with conditioning.condition.given(c.flip(0)):
        other = encoder(x.flip(0)).mean.flip(0)
    torch.testing.assert_close(one, other)
    with conditioning.condition.given(c + 1):
        assert not torch.allclose(encoder(x).mean, one)


def test_an_image_is_brought_to_the_other_ones_size() -> None:
    conditioning = Channels(shape=(2, 8, 8))
    seen: list[Tensor] = []

    def network(given: Sequence[torch.Size], out: torch.Size) -> torch.nn.Module:
        assert [*given] == [torch.Size((3, 8, 8))]
        module = torch.nn.Identity()
        module.register_forward_hook(lambda _, args, __: seen.append(args[0]))
        return module

    made = conditioning.make(network, [torch.Size(EVENT)], torch.Size((1,)))
    x, c = torch.rand(4, *EVENT), torch.rand(4, 2, 8, 8)
    with conditioning.condition.given(c):
        made(x)
    assert torch.equal(seen[0], torch.cat([x, c], 1))


def test_a_condition_that_the_data_do_not_have() -> None:
    with pytest.raises(UserError, match="the condition is a label, and there is none in the data"):
        Concat(classes=3).of_batch({"x": torch.zeros(2, 3)})
