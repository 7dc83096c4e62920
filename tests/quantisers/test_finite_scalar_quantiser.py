import math

import pytest
import torch

from aetrain.errors import UserError
from aetrain.quantisers.finite_scalar_quantiser import FiniteScalarQuantiser

D = 6
LEVELS = [[8, 5, 5, 5], [2], [3, 2, 4], [2, 2, 2], [16, 1 + 1]]

every_choice = pytest.mark.parametrize("levels", LEVELS, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(levels: list[int]) -> FiniteScalarQuantiser:
    """With as many features as numbers, each its own, so that what is rounded can be chosen."""
    quantiser = FiniteScalarQuantiser(len(levels), levels=levels).double()
    with torch.no_grad():
        for layer in (quantiser.down, quantiser.up):
            layer.weight.copy_(torch.eye(len(levels)))
            layer.bias.zero_()
    return quantiser


@every_choice
def test_every_one_of_the_product_of_the_levels_is_reached(levels: list[int]) -> None:
    quantiser, codes = made(levels), math.prod(levels)
    assert (quantiser.codes, quantiser.depth) == (codes, 1)
    axes = [torch.linspace(-4, 4, 101, dtype=torch.float64)] if len(levels) == 1 else []
    axes = axes or [torch.atanh(0.97 * torch.linspace(-1, 1, n).double()) for n in levels]
    grid = torch.cartesian_prod(*axes).view(-1, 1, len(levels))
    found = quantiser(grid)
    assert found.indices.unique().tolist() == list(range(codes))
    values = found.values.detach().reshape(-1, len(levels)).unique(dim=0)
    assert len(values) == codes
    assert values.abs().max() == 1


@every_choice
def test_indices_and_vectors_are_inverse(levels: list[int]) -> None:
    quantiser = made(levels)
    indices = torch.arange(quantiser.codes).view(-1, 1, 1)
    values = quantiser.lookup(indices)
    # the vectors themselves, seen as features, are rounded to themselves
    u = torch.atanh(0.97 * values)
    assert torch.equal(quantiser(u).indices, indices)
    assert torch.equal(quantiser(u).values, values)


@every_choice
def test_it_rounds_to_the_nearest_level(levels: list[int]) -> None:
    quantiser, u = made(levels), 2 * torch.randn(50, 3, len(levels), dtype=torch.float64)
    values = quantiser(u).values
    for i, number in enumerate(levels):
        y = (number - 1) / 2 * torch.tanh(u[..., i])
        grid = torch.arange(number, dtype=torch.float64) - (number - 1) / 2
        nearest = grid[(y.unsqueeze(-1) - grid).abs().argmin(-1)]
        torch.testing.assert_close(values[..., i], nearest / ((number - 1) / 2))


@every_choice
def test_its_gradient_is_that_without_rounding(levels: list[int]) -> None:
    quantiser = made(levels)
    u = torch.randn(7, 3, len(levels), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(quantiser(u).values.sum(), u)
    torch.testing.assert_close(gradient, 1 - torch.tanh(u).square())


def test_features_of_any_width() -> None:
    quantiser = FiniteScalarQuantiser(D)
    found = quantiser(torch.randn(4, 5, D))
    assert (found.values.shape, found.indices.shape) == ((4, 5, D), (4, 5, 1))
    assert found.costs == {}
    assert quantiser.codes == 1000
    assert torch.equal(quantiser.lookup(found.indices), found.values)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], "model.quantiser.levels=[]: must be numbers from 2, such as [8,5,5,5]"),
        ([8, 1], "model.quantiser.levels=[8, 1]: must be numbers from 2, such as [8,5,5,5]"),
        (
            [256, 257],
            "model.quantiser.levels=[256, 257]: 65,792 codes; their product must be at most"
            " 65,536, as the prior has a probability for each",
        ),
    ],
)
def test_what_it_refuses(levels: list[int], message: str) -> None:
    with pytest.raises(UserError) as caught:
        FiniteScalarQuantiser(D, levels=levels)
    assert str(caught.value) == message
