"""The mixture prior with full covariances: how it begins, and what it is fitted to."""

import pytest
import torch
from sklearn.mixture import GaussianMixture as Reference

from aetrain.errors import UserError
from aetrain.priors.full_gaussian_mixture import FullGaussianMixture


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_it_begins_with_equal_parts_of_covariance_one() -> None:
    prior = FullGaussianMixture((10,), components=500, spread=3.0)
    assert abs(prior.loc.std().item() - 3) < 0.1
    p = prior()
    torch.testing.assert_close(p.whitening, torch.eye(10).expand(500, 10, 10))
    torch.testing.assert_close(p.weights, torch.full((500,), 1 / 500))


def test_a_fitted_one_is_scikit_learns() -> None:
    slants = torch.randn(3, 2, 2)
    codes = torch.cat([torch.randn(200, 2) @ a + 8 * i for i, a in enumerate(slants)]).double()
    prior = FullGaussianMixture((2,), components=3).double()
    prior.fit(codes, starts=3)
    reference = Reference(3, n_init=3, random_state=0, max_iter=300).fit(codes.numpy())
    expected = torch.from_numpy(reference.score_samples(codes.numpy()))
    torch.testing.assert_close(prior().log_prob(codes).detach(), expected, rtol=1e-3, atol=1e-3)


def test_one_dimension_and_one_part() -> None:
    prior = FullGaussianMixture((1,), components=1)
    codes = 3 + 2 * torch.randn(1000, 1)
    prior.fit(codes)
    torch.testing.assert_close(prior().mean, codes.mean(0))
    torch.testing.assert_close(prior().variance, codes.var(0, correction=0))


def test_what_it_refuses() -> None:
    with pytest.raises(UserError, match=r"prior\.components=0: must be at least 1"):
        FullGaussianMixture((2,), components=0)
    with pytest.raises(UserError, match=r"prior\.spread=-1\.0: must be above 0"):
        FullGaussianMixture((2,), spread=-1.0)
    prior = FullGaussianMixture((2,), components=5)
    with pytest.raises(UserError, match="components=5: are fitted to codes, and there are 3"):
        prior.fit(torch.randn(3, 2))
