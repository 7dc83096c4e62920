"""The fitted mixture is scikit-learn's."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.mixture import GaussianMixture as Sklearn
from torch import Tensor

from aetrain.expectation_maximisation import SEEDS
from aetrain.samplers.gaussian_mixture import GaussianMixture


def clusters(n: int) -> Tensor:
    """Return codes (n, 3) of three crooked clusters."""
    draws = torch.Generator().manual_seed(0)
    loc = torch.tensor([[0.0, 0, 0], [4, 0, 1], [0, 5, -1]], dtype=torch.float64)
    factor = torch.randn(3, 3, 3, generator=draws, dtype=torch.float64)
    k = torch.randint(3, (n,), generator=draws)
    noise = torch.randn(n, 3, 1, generator=draws, dtype=torch.float64)
    return loc[k] + (factor[k] @ noise).squeeze(-1)


@pytest.mark.parametrize("components", [1, 3, 6])
def test_log_prob_is_scikit_learns(components: int) -> None:
    z, more = clusters(400), clusters(900)[400:]
    sampler = GaussianMixture((3,), components=components).double()
    torch.manual_seed(5)
    sampler.fit(z)
    torch.manual_seed(5)
    same = Sklearn(components, max_iter=1000, random_state=int(torch.randint(SEEDS, ())))
    expected = same.fit(z.numpy()).score_samples(more.numpy())
    np.testing.assert_allclose(sampler.score(more), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(sampler().log_prob(more), expected, rtol=1e-9, atol=1e-9)
    single = GaussianMixture((3,), components=components)
    torch.manual_seed(5)
    single.fit(z.float())
    np.testing.assert_allclose(single.score(more.float()), expected, rtol=1e-3, atol=1e-3)


def test_one_component_is_the_maximum_likelihood_gaussian() -> None:
    z = clusters(300)
    sampler = GaussianMixture((3,), components=1, floor=1e-12).double()
    sampler.fit(z)
    normal = stats.multivariate_normal(z.mean(0).numpy(), np.cov(z.numpy().T, bias=True))
    np.testing.assert_allclose(sampler.score(z), normal.logpdf(z.numpy()), rtol=1e-8)


def test_draws_follow_the_density() -> None:
    """Along each axis, and along a direction that mixes them."""
    sampler = GaussianMixture((3,), components=3).double()
    sampler.fit(clusters(400))
    torch.manual_seed(1)
    x = sampler().sample((5000,))
    weights, loc = sampler.logits.exp(), sampler.loc
    covariance = sampler.factor @ sampler.factor.mT
    for direction in [*torch.eye(3), torch.tensor([1.0, -2.0, 0.5])]:
        v = direction.double()
        mean, scale = loc @ v, torch.einsum("i,kij,j->k", v, covariance, v).sqrt()

        def cdf(value: np.ndarray, mean: Tensor = mean, scale: Tensor = scale) -> np.ndarray:
            return stats.norm.cdf(value[:, None], mean.numpy(), scale.numpy()) @ weights.numpy()

        assert stats.kstest((x @ v).numpy(), cdf).pvalue > 1e-3


def test_before_the_fit_it_is_the_standard_normal() -> None:
    z = torch.randn(5, 4, dtype=torch.float64)
    expected = stats.norm.logpdf(z.numpy()).sum(1)
    np.testing.assert_allclose(GaussianMixture((4,)).double().score(z), expected)
