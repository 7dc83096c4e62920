import torch

from aetrain.evaluation.disentanglement.fixed_factor import FixedFactor
from tests.evaluation.disentanglement.codes import grid


def test_a_group_shares_the_value_of_its_factor_and_of_no_other() -> None:
    factors = grid(3, 4, 5)
    fixed = torch.arange(3).repeat(50)
    groups = FixedFactor(factors, factors)(fixed, 200)
    assert groups.shape == (150, 200, 3)
    same = (groups == groups[:, :1]).all(1)
    assert same.equal(torch.nn.functional.one_hot(fixed, 3).bool())


def test_values_and_examples_are_uniform() -> None:
    """Also where values are not alike in number: χ² of the counts, its 1e-6 quantile by Wilson."""
    factors = torch.tensor([[0, 0], [0, 1], [0, 2], [0, 3], [2, 0], [2, 1]])
    codes = torch.arange(6)[:, None]
    first = FixedFactor(codes, factors)(torch.zeros(6000, dtype=torch.int64), 1)
    counts = torch.bincount(first.flatten(), minlength=6).double()
    expected = torch.tensor([1 / 8] * 4 + [1 / 4] * 2, dtype=torch.float64) * 6000
    assert ((counts - expected) ** 2 / expected).sum() < 36


def test_seeds() -> None:
    factors = grid()
    fixed = torch.tensor([0, 1, 2])
    first, again, other = (FixedFactor(factors, factors, seed=s)(fixed, 9) for s in (0, 0, 1))
    assert first.equal(again)
    assert not first.equal(other)
