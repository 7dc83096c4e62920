import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from aetrain.errors import UserError
from aetrain.objectives.terms import OfMean, batch_mean
from aetrain.sparsity.kl import KL
from aetrain.world import World
from tests.sparsity.codes import passed

B, D = 7, 5


def raw() -> Tensor:
    return 3 * torch.randn(B, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def cost(sparsity: KL, raw: Tensor) -> Tensor:
    term = sparsity.terms(*passed(sparsity, raw))["sparsity"]
    return batch_mean(term, len(raw), World())


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.5, 0.9])
def test_it_is_scipys_divergence_of_two_bernoullis(rho: float) -> None:
    mean = (1 / (1 + np.exp(-raw().numpy()))).mean(0)
    expected = sum(stats.entropy([rho, 1 - rho], [m, 1 - m]) for m in mean)
    np.testing.assert_allclose(cost(KL((D,), rho=rho), raw()).item(), expected, rtol=1e-12)


def test_it_is_0_where_every_mean_is_rho() -> None:
    rho = torch.full((B, D), 0.05, dtype=torch.float64)
    found = cost(KL((D,), rho=0.05), rho.logit())
    assert found.abs() < 1e-12
    # the mean counts, not the examples: half of 0.1 is 0.05
    some = torch.tensor([0.1, 1e-300], dtype=torch.float64)[:, None].expand(2, D)
    assert cost(KL((D,), rho=0.05), some.logit()).abs() < 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("value", [-200.0, 200.0])
def test_units_shut_or_open_for_all_examples_cost_finitely(
    dtype: torch.dtype, value: float
) -> None:
    at = torch.full((B, D), value, dtype=dtype, requires_grad=True)
    found = cost(KL((D,)), at)
    found.backward()
    assert found.isfinite()
    assert found > 0.1
    assert at.grad is not None
    assert at.grad.isfinite().all()


def test_the_code_is_a_sigmoid_and_active_above_a_half() -> None:
    sparsity = KL((D,))
    x, inference = passed(sparsity, raw())
    torch.testing.assert_close(inference.q.mean, 1 / (1 + (-raw()).exp()))
    figures = sparsity.figures(x, inference)
    torch.testing.assert_close(figures["active_fraction"], (raw() > 0).double().mean(1))
    assert isinstance(sparsity.terms(x, inference)["sparsity"], OfMean)


@pytest.mark.parametrize("rho", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_what_is_refused(rho: float) -> None:
    with pytest.raises(UserError, match=r"sparsity\.rho=.*: must be above 0 and below 1, such as"):
        KL((D,), rho=rho)
