"""Free bits by hand, dimension by dimension."""

import pytest
import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.elbo import elbo
from aetrain.objectives.free_bits import free_bits
from tests.objectives.toy import pass_of, terms_of

B, D = 6, 4
FLOOR = 0.3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parameters() -> tuple[Tensor, Tensor]:
    """Return means and log scales; the first dimensions carry little, the last ones much."""
    size = torch.tensor([0.05, 0.1, 1.0, 2.0]).double()
    loc = (size * torch.randn(B, D).double()).requires_grad_()
    log_scale = (-0.2 * size * torch.rand(B, D).double()).requires_grad_()
    return loc, log_scale


def prior() -> StandardNormal:
    return StandardNormal(torch.zeros(D).double(), 1)


def test_by_hand() -> None:
    loc, log_scale = parameters()
    inference = pass_of(DiagonalNormal(loc, log_scale, 1), prior())
    terms = terms_of(free_bits, inference, floor=FLOOR)
    kl = 0.5 * (loc**2 + (2 * log_scale).exp() - 1 - 2 * log_scale)
    means = kl.mean(0).tolist()
    assert means[0] < FLOOR < means[3]
    assert terms["free_bits"].item() == pytest.approx(sum(max(FLOOR, kl) for kl in means))
    torch.testing.assert_close(terms["rate"], kl.sum(1))
    torch.testing.assert_close(terms["distortion"], elbo(inference)["distortion"])


def test_what_is_free_has_no_gradient() -> None:
    loc, log_scale = parameters()
    terms = terms_of(free_bits, pass_of(DiagonalNormal(loc, log_scale, 1), prior()), floor=FLOOR)
    of_loc, of_scale = torch.autograd.grad(terms["free_bits"], [loc, log_scale])
    for gradient in (of_loc, of_scale):
        assert (gradient[:, 0] == 0).all()
        assert (gradient[:, 3] != 0).all()
    torch.testing.assert_close(of_loc[:, 3], loc[:, 3] / B)


def test_without_a_floor_it_is_the_elbo() -> None:
    loc, log_scale = parameters()
    inference = pass_of(DiagonalNormal(loc, log_scale, 1), prior())
    terms, plain = terms_of(free_bits, inference, floor=0.0), terms_of(elbo, inference)
    torch.testing.assert_close(terms["free_bits"], plain["rate"].mean())


@pytest.mark.parametrize("floor", [0.01, 10.0])
def test_a_rate_that_does_not_divide_is_one_group(floor: float) -> None:
    loc, log_scale = parameters()
    q = FullNormal(loc, log_scale.exp().diag_embed(), log_scale)
    terms = terms_of(free_bits, pass_of(q, prior()), floor=floor)
    kl = 0.5 * (loc**2 + (2 * log_scale).exp() - 1 - 2 * log_scale).sum(1)
    torch.testing.assert_close(terms["rate"], kl)
    assert terms["free_bits"].item() == pytest.approx(max(D * floor, kl.mean().item()))


def test_a_floor_below_zero_is_refused() -> None:
    inference = pass_of(DiagonalNormal(*parameters(), 1), prior())
    with pytest.raises(UserError, match=r"objective\.floor=-1: must be at least 0"):
        free_bits(inference, floor=-1)
