from itertools import pairwise

import pytest
import torch

from aetrain.errors import UserError
from aetrain.objectives.terms import Weighted
from aetrain.quantisers.quantiser import Quantiser
from aetrain.quantisers.residual_quantiser import ResidualQuantiser
from aetrain.quantisers.vector_quantiser import VectorQuantiser
from aetrain.world import World

B, P, D, K, L = 5, 4, 3, 11, 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(depth: int = L, codes: int = K) -> ResidualQuantiser:
    return ResidualQuantiser(D, codes=codes, depth=depth).double()


def features(b: int = B) -> torch.Tensor:
    return torch.randn(b, P, D, dtype=torch.float64, requires_grad=True)


def error(quantiser: Quantiser, z: torch.Tensor) -> float:
    return (quantiser(z).values - z).square().mean().item()


def test_each_level_takes_what_those_before_have_left() -> None:
    quantiser, z = made(), features()
    found = quantiser(z)
    left = z.detach().reshape(-1, D)
    for level, book in enumerate(quantiser.codebooks):
        chosen = torch.cdist(left, book.vectors).argmin(1)  # pyright: ignore
        assert torch.equal(found.indices[..., level].flatten(), chosen)
        left = left - book.vectors[chosen]  # pyright: ignore
    torch.testing.assert_close(found.values.detach(), z.detach() - left.view(B, P, D))
    torch.testing.assert_close(quantiser.lookup(found.indices), found.values.detach())


def test_the_error_falls_with_every_level() -> None:
    sample = features(400).detach()
    errors = []
    for depth in range(1, 6):
        torch.manual_seed(1)
        quantiser = made(depth, codes=8)
        quantiser.begin(sample.flatten(0, 1))
        errors.append(error(quantiser, sample))
    assert all(b < 0.6 * a for a, b in pairwise(errors))


def test_one_level_is_vector_quantisation() -> None:
    one, other = made(1), VectorQuantiser(D, codes=K).double()
    other.codebook.load_state_dict(one.codebooks[0].state_dict())
    for _ in range(3):
        z = features()
        a, b = one(z), other(z)
        assert torch.equal(a.values, b.values)
        assert torch.equal(a.indices, b.indices)
        assert torch.equal(a.costs["commitment"], b.costs["commitment"])  # pyright: ignore
        for codebook in (one.codebooks[0], other.codebook):
            torch.manual_seed(2)
            codebook.after_step(1, 1, World())  # pyright: ignore


def test_the_gradient_passes_through_unchanged() -> None:
    z, above = features(), torch.randn(B, P, D, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(made()(z).values, z, above)
    assert torch.equal(gradient, above)


def test_the_commitment_is_the_mean_over_the_levels() -> None:
    quantiser, z = made(), features()
    found = quantiser(z)
    parts = [
        quantiser.codebooks[level].vectors[found.indices[..., level]]  # pyright: ignore
        for level in range(L)
    ]
    squares = [(z - sum(parts[: n + 1])).square().sum((1, 2)) for n in range(L)]
    cost = found.costs["commitment"]
    assert not isinstance(cost, Weighted)
    torch.testing.assert_close(cost, torch.stack(squares).mean(0))


def test_it_needs_a_level() -> None:
    with pytest.raises(UserError) as caught:
        made(0)
    assert str(caught.value) == "model.quantiser.depth=0: must be at least 1, such as 4"
