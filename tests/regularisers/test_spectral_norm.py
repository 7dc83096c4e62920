"""Layers of spectral norm 1, at the start and after steps."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.networks.mlp import MLP
from aetrain.networks.tied import TiedDecoder
from aetrain.regularisers.spectral_norm import LAYERS, SpectralNorm
from tests.regularisers.decoders import CODE, IMAGE, convolutions, perceptron


def largest(decoder: Conditional) -> list[float]:
    """Return the largest singular value of each layer, as a matrix from outputs to all else."""
    found = []
    for layer in decoder.network.modules():
        if isinstance(layer, LAYERS):
            weight = layer.weight.detach()
            transposed = isinstance(layer, torch.nn.ConvTranspose2d)
            matrix = (weight.transpose(0, 1) if transposed else weight).flatten(1)
            found.append(torch.linalg.matrix_norm(matrix, 2).item())
    return found


@pytest.mark.parametrize("make", [perceptron, convolutions])
def test_no_layer_stretches_after_steps(make: Callable[[], Conditional]) -> None:
    torch.manual_seed(0)
    decoder = make()
    for layer in decoder.network.modules():
        if isinstance(layer, LAYERS):
            layer.weight.data.mul_(20)
    SpectralNorm(decoder, decoder)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=1e-3)
    x = torch.rand(20, *IMAGE, dtype=torch.float64).round()
    z = torch.randn(20, *CODE, dtype=torch.float64)
    for _ in range(100):
        optimizer.zero_grad()
        (-decoder(z).log_prob(x).mean()).backward()
        optimizer.step()
    decoder.eval()
    norms = largest(decoder)
    assert len(norms) >= 2
    assert all(0.5 < norm <= 1 + 1e-3 for norm in norms)


def test_a_perceptron_of_such_layers_is_1_lipschitz() -> None:
    torch.manual_seed(0)
    decoder = perceptron()
    SpectralNorm(decoder, decoder, iterations=20)
    decoder.train()
    with torch.no_grad():
        a, b = (10 * torch.randn(200, *CODE, dtype=torch.float64) for _ in range(2))
        moved = (decoder.network(a) - decoder.network(b)).flatten(1).norm(dim=1)
    assert (moved <= (1 + 1e-3) * (a - b).norm(dim=1)).all()


def test_its_power_iteration_is_state() -> None:
    one, other = perceptron(), perceptron()
    SpectralNorm(one, one)
    SpectralNorm(other, other)
    z = torch.randn(4, *CODE, dtype=torch.float64)
    for _ in range(3):
        one(z)
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(one(z).mean, other(z).mean)  # in training, where the iteration goes on
    assert torch.equal(one(z).mean, other(z).mean)
    assert any(key.endswith("_u") for key in one.state_dict())


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"spectral_norm\.iterations=0: must be at least 1"):
        SpectralNorm(perceptron(), perceptron(), iterations=0)
    encoder = MLP([IMAGE], CODE, hidden=[7])
    tied = Conditional(partial(TiedDecoder, encoder=encoder), Bernoulli(IMAGE), [CODE])
    with pytest.raises(UserError, match=r"no layers with weights of its own .*: use network=mlp"):
        SpectralNorm(tied, tied)
