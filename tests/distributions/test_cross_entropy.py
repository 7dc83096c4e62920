"""The binary cross-entropy, against scipy's log of the logistic function."""

import pytest
import torch
from scipy.special import log_expit
from torch.autograd import gradcheck, gradgradcheck

from aetrain.distributions.cross_entropy import binary_cross_entropy


def log_sigmoid(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(log_expit(x.numpy()))


@pytest.mark.parametrize(
    ("dtype", "atol", "rtol"), [(torch.float64, 3e-16, 2e-15), (torch.float32, 1.2e-7, 5e-7)]
)
@pytest.mark.parametrize("x", [0.0, 0.3, 1.0])
def test_it_is_the_cross_entropy(dtype: torch.dtype, atol: float, rtol: float, x: float) -> None:
    logits = torch.linspace(-40, 40, 801, dtype=dtype)
    found = binary_cross_entropy(logits, torch.full_like(logits, x)).double()
    # the value of x as the type holds it
    exact, value = logits.double(), torch.full_like(logits, x).double()
    wanted = -(value * log_sigmoid(exact) + (1 - value) * log_sigmoid(-exact))
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize("logit", [1e4, -1e4, 0.0])
def test_extreme_logits_have_finite_costs_and_gradients(logit: float) -> None:
    logits = torch.full((2,), logit, requires_grad=True)
    cost = binary_cross_entropy(logits, torch.tensor([0.0, 1.0]))
    (gradient,) = torch.autograd.grad(cost.sum(), logits)
    torch.testing.assert_close(cost, torch.tensor([max(logit, 0.0), max(-logit, 0.0)]).maximum(
        cost.new_tensor(0.6931472) if logit == 0 else cost.new_zeros(())))  # fmt: skip
    torch.testing.assert_close(gradient, torch.sigmoid(logits).detach() - torch.tensor([0.0, 1.0]))


def test_gradients_of_gradients_in_both() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    x = torch.rand(4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(binary_cross_entropy, (logits, x))
    assert gradgradcheck(binary_cross_entropy, (logits, x))


def test_it_can_be_mapped() -> None:
    logits, x = torch.randn(5, 3), torch.rand(5, 3)
    mapped = torch.vmap(torch.func.grad(lambda a, b: binary_cross_entropy(a, b).sum()))(logits, x)
    torch.testing.assert_close(mapped, torch.sigmoid(logits) - x)


def test_inputs_are_left_as_they_were() -> None:
    logits, x = torch.randn(6), torch.rand(6)
    kept = logits.clone(), x.clone()
    binary_cross_entropy(logits, x)
    assert torch.equal(logits, kept[0])
    assert torch.equal(x, kept[1])
