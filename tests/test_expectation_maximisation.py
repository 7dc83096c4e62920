"""Which of several mixtures is kept."""

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from aetrain.expectation_maximisation import SEEDS, expectation_maximisation


def codes() -> Tensor:
    torch.manual_seed(0)
    return torch.cat([torch.randn(150, 2) @ torch.randn(2, 2) + 3 * i for i in range(5)])


@pytest.mark.parametrize("covariance", ["diag", "full"])
def test_one_start_is_scikit_learns(covariance: str) -> None:
    z = codes()
    torch.manual_seed(1)
    found = expectation_maximisation(z, 4, covariance, floor=1e-4)  # pyright: ignore
    torch.manual_seed(1)
    reference = GaussianMixture(
        4, covariance_type=covariance, reg_covar=1e-4, max_iter=300,
        random_state=int(torch.randint(SEEDS, (1,))),
    ).fit(z.double().numpy())  # fmt: skip
    expected = (reference.weights_, reference.means_, reference.covariances_)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, torch.from_numpy(theirs))


@pytest.mark.filterwarnings("ignore:Best performing initialization")
def test_the_one_of_the_greatest_completed_likelihood_is_kept() -> None:
    z, starts = codes(), 6
    torch.manual_seed(2)
    kept = expectation_maximisation(z, 6, "full", floor=1e-4, starts=starts, iterations=8)
    torch.manual_seed(2)
    seeds = torch.randint(SEEDS, (starts,)).tolist()
    values, means = [], []
    for seed in seeds:
        fitted = GaussianMixture(6, reg_covar=1e-4, max_iter=8, random_state=seed)
        x = z.double().numpy()
        fitted.fit(x)
        # log p(z, k) at each point's own share of k, the definition
        shares = fitted.predict_proba(x)
        joint = np.log(shares + 1e-300) + fitted.score_samples(x)[:, None]
        values.append((shares * joint).sum(1).mean())
        means.append(fitted.means_)
    assert len(set(np.round(values, 6))) > 1
    torch.testing.assert_close(kept[1], torch.from_numpy(means[int(np.argmax(values))]))
