"""Which of several mixtures is kept."""

from typing import Any, Literal

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.mixture import GaussianMixture
from torch import Tensor

from aetrain import expectation_maximisation as module
from aetrain.expectation_maximisation import (
    SEEDS,
    classification_likelihood,
    expectation_maximisation,
    joined,
)


def codes() -> Tensor:
    torch.manual_seed(0)
    return torch.cat([torch.randn(150, 2) @ torch.randn(2, 2) + 3 * i for i in range(5)])


@pytest.mark.parametrize("covariance", ["diag", "full"])
def test_one_start_is_scikit_learns(covariance: Literal["diag", "full"]) -> None:
    z = codes()
    torch.manual_seed(1)
    found = expectation_maximisation(z, 4, covariance, floor=1e-4)
    torch.manual_seed(1)
    reference = GaussianMixture(
        4, covariance_type=covariance, reg_covar=1e-4, max_iter=300,
        random_state=int(torch.randint(SEEDS, (1,))),
    ).fit(z.double().numpy())  # fmt: skip
    expected = (reference.weights_, reference.means_, reference.covariances_)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, torch.from_numpy(theirs))


def test_the_classification_likelihood_by_its_definition() -> None:
    z = codes().double().numpy()
    fitted = GaussianMixture(3, random_state=0).fit(z)
    given = np.stack(
        [
            stats.multivariate_normal.logpdf(z, mean, covariance)
            for mean, covariance in zip(fitted.means_, fitted.covariances_, strict=True)
        ],
        1,
    )
    expected = (fitted.predict_proba(z) * given).sum(1).mean()
    assert classification_likelihood(fitted, z) == pytest.approx(expected)


@pytest.mark.parametrize("covariance", ["diag", "full"])
def test_of_several_starts_the_greatest_is_kept(
    covariance: Literal["diag", "full"], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[float, Tensor]] = []

    def note(mixture: Any, z: Any) -> float:
        tried.append((classification_likelihood(mixture, z), torch.from_numpy(mixture.means_)))
        return tried[-1][0]

    monkeypatch.setattr(module, "classification_likelihood", note)
    torch.manual_seed(2)
    kept = expectation_maximisation(codes(), 6, covariance, floor=1e-4, starts=6)
    assert len({round(value, 6) for value, _ in tried}) > 1
    assert torch.equal(kept[1], max(tried, key=lambda pair: pair[0])[1])


def test_joined_parts_are_those_that_lie_on_one_another() -> None:
    z = np.random.default_rng(0).normal(size=(400, 1)) + 10 * np.repeat([[0], [1]], 200, 0)
    means = np.array([0.0, 0.5, 10.0, 10.5, -0.5])
    shares = np.exp(-0.5 * (z - means) ** 2)
    shares /= shares.sum(1, keepdims=True)
    found = joined(shares.copy(), 2)
    near = shares[:, [0, 1, 4]].sum(1), shares[:, [2, 3]].sum(1)
    expected = np.stack(near, 1)
    matched = found if found[0].argmax() == expected[0].argmax() else found[:, ::-1]
    np.testing.assert_allclose(matched, expected, atol=1e-12)


def test_a_part_that_is_split_by_kmeans_is_found_by_joining() -> None:
    """A long part and two small ones side by side: three means cut the long one in two."""
    draw = np.random.default_rng(1).normal
    long = draw(size=(600, 2)) * [12.0, 0.1]
    pair = [draw(size=(600, 2)) * 0.3 + [0.0, y] for y in (4.0, 6.0)]
    z = torch.from_numpy(np.concatenate([long, *pair]))
    torch.manual_seed(0)
    _, loc, _ = expectation_maximisation(z, 3, "full", floor=1e-4, starts=6)
    found = loc[loc[:, 1].argsort()]
    truth = torch.tensor([[0.0, 0.0], [0.0, 4.0], [0.0, 6.0]], dtype=torch.float64)
    torch.testing.assert_close(found, truth, atol=1.0, rtol=0)


def test_few_vectors_and_one_component() -> None:
    z = torch.randn(5, 2)
    weights, loc, _ = expectation_maximisation(z, 4, "diag", floor=1e-2, starts=3)
    assert weights.shape == (4,)
    _, loc, _ = expectation_maximisation(z, 1, "full", floor=1e-2, starts=3)
    torch.testing.assert_close(loc[0], z.double().mean(0))
