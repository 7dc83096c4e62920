import pytest
import torch

from aetrain.objectives.terms import Weighted
from aetrain.quantisers.vector_quantiser import VectorQuantiser

B, P, D, K = 5, 4, 3, 11


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def quantiser() -> VectorQuantiser:
    return VectorQuantiser(D, codes=K).double()


def features() -> torch.Tensor:
    return torch.randn(B, P, D, dtype=torch.float64, requires_grad=True)


def test_each_feature_becomes_the_nearest_vector(quantiser: VectorQuantiser) -> None:
    z = features()
    found = quantiser(z)
    distances = torch.cdist(z.detach().reshape(-1, D), quantiser.codebook.vectors)
    assert found.indices.shape == (B, P, 1)
    assert torch.equal(found.indices.flatten(), distances.argmin(1))
    assert torch.equal(found.values, quantiser.codebook.vectors[found.indices.squeeze(2)])
    assert torch.equal(quantiser.lookup(found.indices), found.values)


def test_the_gradient_passes_through_unchanged(quantiser: VectorQuantiser) -> None:
    z, above = features(), torch.randn(B, P, D, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(quantiser(z).values, z, above)
    assert torch.equal(gradient, above)


def test_the_commitment_and_its_gradient(quantiser: VectorQuantiser) -> None:
    z = features()
    found = quantiser(z)
    cost = found.costs["commitment"]
    assert not isinstance(cost, Weighted)
    squares = (z - found.values.detach()).detach().square().sum((1, 2))
    torch.testing.assert_close(cost.detach(), squares)
    (gradient,) = torch.autograd.grad(cost.sum(), z)
    torch.testing.assert_close(gradient, 2 * (z - found.values).detach())


def test_it_has_no_parameter_and_every_code_can_be_had(quantiser: VectorQuantiser) -> None:
    assert not list(quantiser.parameters())
    found = quantiser(quantiser.codebook.vectors.unsqueeze(1))
    assert found.indices.flatten().tolist() == list(range(K))
    assert (quantiser.codes, quantiser.depth) == (K, 1)
