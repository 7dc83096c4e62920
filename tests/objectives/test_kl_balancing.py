"""The rate's gradient divided between prior and posterior, its value left alone."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.elbo import elbo
from aetrain.objectives.kl_balancing import kl_balancing
from tests.battery import Case, cases
from tests.objectives.toy import gradients, pass_of, terms_of
from tests.posteriors.space import family, raw_for

B, D, ALPHA = 5, 3, 0.8


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parameters(*shape: int) -> list[Tensor]:
    return [torch.randn(*shape).double().requires_grad_() for _ in range(2)]


def gaussian(own: list[Tensor]) -> Distribution:
    return DiagonalNormal(*own, 1)


def mixture(own: list[Tensor]) -> Distribution:
    return NormalMixture(*own, torch.zeros(4).double())


@pytest.mark.parametrize(("prior", "shape"), [(gaussian, (D,)), (mixture, (4, D))])
def test_value_and_gradients(prior: object, shape: tuple[int, ...]) -> None:
    of_q, of_p = parameters(B, D), parameters(*shape)
    inference = pass_of(gaussian(of_q), prior(of_p), samples=2)
    found, plain = terms_of(kl_balancing, inference, balance=ALPHA), terms_of(elbo, inference)
    assert torch.equal(found["rate"], plain["rate"])
    assert torch.equal(found["distortion"], plain["distortion"])
    for own, part in [(of_q, 1 - ALPHA), (of_p, ALPHA)]:
        a, b = gradients(found["rate"], own), gradients(plain["rate"], own)
        for one, other in zip(a, b, strict=True):
            assert other.any()
            torch.testing.assert_close(one, part * other)


def test_half_is_half_of_the_elbos() -> None:
    of_q, of_p = parameters(B, D), parameters(D)
    inference = pass_of(gaussian(of_q), gaussian(of_p))
    found = gradients(terms_of(kl_balancing, inference, balance=0.5)["rate"], [*of_q, *of_p])
    plain = gradients(terms_of(elbo, inference)["rate"], [*of_q, *of_p])
    for one, other in zip(found, plain, strict=True):
        torch.testing.assert_close(one, 0.5 * other)


def test_with_a_fixed_prior_it_is_the_elbo() -> None:
    of_q = parameters(B, D)
    inference = pass_of(gaussian(of_q), StandardNormal(torch.zeros(D).double(), 1))
    found, plain = terms_of(kl_balancing, inference), terms_of(elbo, inference)
    assert torch.equal(found["rate"], plain["rate"])
    a, b = gradients(found["rate"], of_q), gradients(plain["rate"], of_q)
    assert all(torch.equal(one, other) for one, other in zip(a, b, strict=True))


@pytest.mark.parametrize("case", cases("posterior", only=["iaf", "planar", "full_gaussian"]))
def test_posteriors_of_every_kind(case: Case) -> None:
    made, of_p = family(case, D), parameters(D)
    raw = raw_for(made, B).requires_grad_()
    inference = pass_of(made(raw), gaussian(of_p), samples=2)
    found, plain = terms_of(kl_balancing, inference, balance=ALPHA), terms_of(elbo, inference)
    torch.testing.assert_close(found["rate"], plain["rate"])
    (a,), (b,) = gradients(found["rate"], [raw]), gradients(plain["rate"], [raw])
    torch.testing.assert_close(a, (1 - ALPHA) * b)
    expected = gradients(-inference.prior.log_prob(inference.z.detach()).mean(0), of_p)
    if case.choice != "full_gaussian":
        for one, other in zip(gradients(found["rate"], of_p), expected, strict=True):
            torch.testing.assert_close(one, ALPHA * other)


@pytest.mark.parametrize("balance", [-0.5, 2.0])
def test_a_balance_beyond_its_range(balance: float) -> None:
    inference = pass_of(gaussian(parameters(B, D)), gaussian(parameters(D)))
    with pytest.raises(UserError, match=rf"objective\.balance={balance}: must be from 0 to 1"):
        kl_balancing(inference, balance=balance)
