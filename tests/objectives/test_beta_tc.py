"""The parts of the rate against an enumerated aggregate posterior."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import logsumexp
from torch import Tensor

from aetrain.distributions.diagonal_laplace import DiagonalLaplace
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError
from aetrain.objectives.aggregate import minibatch_weighted, stratified
from aetrain.objectives.beta_tc import BetaTC
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from tests.objectives.toy import pass_of, terms_of

N, D, S = 8, 3, 2
PARTS = ("mutual_information", "total_correlation", "dimension_kl")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def prior() -> StandardNormal:
    return StandardNormal(torch.zeros(D).double(), 1)


def codes() -> tuple[Tensor, Tensor]:
    """Return means and log scales of N examples, whose dimensions go together."""
    loc = torch.randn(N, 1).double() + 0.5 * torch.randn(N, D).double()
    return loc, -1 + 0.3 * torch.randn(N, D).double()


def prepared(estimator: Any, examples: int = N) -> BetaTC:
    objective = BetaTC(estimator=estimator)
    objective.prepare(examples)
    return objective


def enumerated(inference: Inference, loc: Tensor, log_scale: Tensor) -> dict[str, np.ndarray]:
    """Return the parts of each example, by scipy, q(z) being the mean over all N."""
    mu, sigma = loc.numpy(), log_scale.exp().numpy()
    parts = {name: np.zeros((S, N)) for name in PARTS}
    for s in range(S):
        for i in range(N):
            z = inference.z[s, i].numpy()
            each = stats.norm.logpdf(z, mu, sigma)  # of all examples, (N, D)
            joint = logsumexp(each.sum(1)) - math.log(N)
            marginals = (logsumexp(each, 0) - math.log(N)).sum()
            parts["mutual_information"][s, i] = each[i].sum() - joint
            parts["total_correlation"][s, i] = joint - marginals
            parts["dimension_kl"][s, i] = marginals - stats.norm.logpdf(z).sum()
    return {name: part.mean(0) for name, part in parts.items()}


def test_the_stratified_parts_of_a_whole_data_set_are_the_enumerated_ones() -> None:
    loc, log_scale = codes()
    inference = pass_of(DiagonalNormal(loc, log_scale, 1), prior(), S)
    terms = terms_of(prepared(stratified), inference)
    for name, expected in enumerated(inference, loc, log_scale).items():
        np.testing.assert_allclose(terms[name].numpy(), expected, rtol=1e-10, atol=1e-10)


def test_the_minibatch_weighted_ones_are_off_by_constants() -> None:
    loc, log_scale = codes()
    inference = pass_of(DiagonalNormal(loc, log_scale, 1), prior(), S)
    terms = terms_of(prepared(minibatch_weighted), inference)
    off = {"mutual_information": 1, "total_correlation": D - 1, "dimension_kl": -D}
    for name, expected in enumerated(inference, loc, log_scale).items():
        shifted = expected + off[name] * math.log(N)
        np.testing.assert_allclose(terms[name].numpy(), shifted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("estimator", [minibatch_weighted, stratified])
@pytest.mark.parametrize("examples", [N, 10 * N])
def test_the_parts_sum_to_the_sampled_rate(estimator: Any, examples: int) -> None:
    inference = pass_of(DiagonalNormal(*codes(), 1), prior(), S)
    terms = terms_of(prepared(estimator, examples), inference)
    _, q, z, _, p = inference
    whole = (q.log_prob(z) - p.log_prob(z)).mean(0)
    torch.testing.assert_close(sum(terms[name] for name in PARTS), whole, rtol=1e-12, atol=1e-12)
    plain = terms_of(elbo, inference)
    assert torch.equal(terms["rate"], plain["rate"])
    assert torch.equal(terms["distortion"], plain["distortion"])


def test_of_batches_the_stratified_total_correlation_comes_near_as_they_grow() -> None:
    """log is not linear, so a batch's estimate lies above; by minibatch weights a constant does."""
    loc, log_scale = codes()

    def mean(estimator: Any, rows: Tensor, samples: int) -> Tensor:
        inference = pass_of(DiagonalNormal(loc[rows], log_scale[rows], 1), prior(), samples)
        return terms_of(prepared(estimator), inference)["total_correlation"].mean()

    exact = mean(stratified, torch.arange(N), 3000)
    excess = {
        (estimator, size): torch.stack(
            [mean(estimator, torch.randperm(N)[:size], 20) for _ in range(100)]
        ).mean()
        - exact
        for estimator in (stratified, minibatch_weighted)
        for size in (2, 4, 7)
    }
    assert excess[stratified, 2] > excess[stratified, 4] > excess[stratified, 7]
    assert excess[stratified, 7] < 0.15
    for size in (4, 7):
        constant = (D - 1) * math.log(N)
        assert excess[minibatch_weighted, size].item() == pytest.approx(constant, rel=0.1)


@pytest.mark.parametrize("estimator", [minibatch_weighted, stratified])
def test_a_gradient_reaches_every_parameter(estimator: Any) -> None:
    own = [p.requires_grad_() for p in codes()]
    terms = terms_of(prepared(estimator), pass_of(DiagonalNormal(*own, 1), prior()))
    for name in PARTS:
        for gradient in torch.autograd.grad(terms[name].sum(), own, retain_graph=True):
            assert gradient.isfinite().all()
            assert gradient.any()


@pytest.mark.parametrize("estimator", [minibatch_weighted, stratified])
def test_a_batch_of_one_example(estimator: Any) -> None:
    loc, log_scale = codes()
    inference = pass_of(DiagonalNormal(loc[:1], log_scale[:1], 1), prior())
    terms = terms_of(prepared(estimator), inference)
    assert all(term.isfinite().all() for term in terms.values())


def test_before_it_knows_of_the_data_the_batch_is_all() -> None:
    inference = pass_of(DiagonalNormal(*codes(), 1), prior())
    for estimator in (minibatch_weighted, stratified):
        plain = terms_of(BetaTC(estimator=estimator), inference)
        for name, term in terms_of(prepared(estimator), inference).items():
            assert torch.equal(plain[name], term)


def test_the_number_of_examples_is_kept_in_every_precision() -> None:
    objective = prepared(stratified, 737_280).to(torch.float16)
    other = BetaTC()
    other.load_state_dict(objective.state_dict())
    assert other.examples == 737_280


def test_any_product_will_do() -> None:
    inference = pass_of(DiagonalLaplace(*codes(), 1), prior())
    terms = terms_of(prepared(stratified), inference)
    _, q, z, _, p = inference
    whole = (q.log_prob(z) - p.log_prob(z)).mean(0)
    torch.testing.assert_close(sum(terms[name] for name in PARTS), whole)


def test_a_prior_need_be_no_product() -> None:
    mixture = NormalMixture(torch.randn(4, D).double(), torch.zeros(4, D).double(), torch.zeros(4))
    inference = pass_of(DiagonalNormal(*codes(), 1), mixture)
    terms = terms_of(prepared(stratified), inference)
    _, q, z, _, p = inference
    whole = (q.log_prob(z) - p.log_prob(z)).mean(0)
    torch.testing.assert_close(sum(terms[name] for name in PARTS), whole)


def test_what_is_no_product_is_refused() -> None:
    loc, log_scale = codes()
    q = FullNormal(loc, log_scale.exp().diag_embed(), log_scale)
    with pytest.raises(UserError, match="FullNormal is no product of them: use posterior=diag"):
        prepared(stratified)(pass_of(q, prior()))
