import pytest
import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.networks.activation import ACTIVATIONS, activation_named
from aetrain.sparsity.l1 import L1
from tests.sparsity.codes import passed

RAW = torch.tensor([[1.0, -2.0, 0.5], [-1.0, -3.0, -0.1]], dtype=torch.float64)


def test_the_sum_of_rectified_units() -> None:
    sparsity = L1((3,))
    x, inference = passed(sparsity, RAW)
    assert inference.q.mean.tolist() == [[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
    (cost,) = sparsity.terms(x, inference).values()
    assert isinstance(cost, Tensor)
    assert cost.tolist() == [1.5, 0.0]
    figures = sparsity.figures(x, inference)
    torch.testing.assert_close(figures["active_fraction"], torch.tensor([2 / 3, 0.0]).double())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_of_any_activation_it_is_the_sum_of_sizes(activation: str) -> None:
    sparsity = L1((3,), activation=activation)
    (cost,) = sparsity.terms(*passed(sparsity, RAW)).values()
    expected = activation_named(activation)()(RAW).abs() @ torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(cost, expected)


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"sparsity\.activation 'rleu' is not known: choose from"):
        L1((3,), activation="rleu")
