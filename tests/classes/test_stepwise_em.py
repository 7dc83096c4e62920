"""Stepwise expectation maximisation, against numpy and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor

from aetrain.build import build_model
from aetrain.classes.stepwise_em import StepwiseEM
from aetrain.errors import UserError
from aetrain.models.gmm import GMM
from aetrain.world import World
from tests.battery import config

FLOOR = 1e-4


def gmm(event: int, latent: int, components: int, *options: str) -> tuple[GMM, StepwiseEM]:
    torch.manual_seed(0)
    chosen = ["model=gmm", "model.minibatch=true", f"latent={latent}", *options]
    model = build_model(config(*chosen, f"model.components={components}"), (event,)).double()
    assert isinstance(model, GMM)
    assert model.stepwise is not None
    return model, model.stepwise


def step(model: GMM, x: Tensor, number: int) -> None:
    assert model.stepwise is not None
    model.terms({"x": x})
    model.stepwise.after_step(number, 1000, World())


def plain_step(z: np.ndarray, model: GMM) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights, means and covariances after one step of plain EM."""
    weights = model.logits.softmax(0).detach().numpy()
    covariances = (model.factor @ model.factor.mT).detach().numpy()
    loc = model.loc.detach().numpy()
    each = zip(weights, loc, covariances, strict=True)
    logs = np.stack([np.log(w) + multivariate_normal(m, c).logpdf(z) for w, m, c in each], 1)
    r = np.exp(logs - logsumexp(logs, 1, keepdims=True))
    n = r.sum(0)
    means = r.T @ z / n[:, None]
    spread = [((r[:, k, None] * (z - means[k])).T @ (z - means[k])) / n[k] for k in range(len(n))]
    return n / len(z), means, np.stack(spread) + FLOOR * np.eye(z.shape[1])


@pytest.mark.parametrize("latent", [4, 2])
def test_a_step_of_all_examples_is_a_step_of_plain_em(latent: int) -> None:
    """Of x itself, and of its scores on principal axes."""
    model, em = gmm(4, latent, 3, "model.delay=0")
    x = torch.randn(200, 4).double() @ torch.randn(4, 4).double() + 3
    model.fit(x)
    em.begin()
    for _ in range(3):
        weights, means, covariances = plain_step(model.scores(x).detach().numpy(), model)
        step(model, x, 1)  # γ = 1
        np.testing.assert_allclose(model.logits.softmax(0).detach(), weights, rtol=1e-8)
        np.testing.assert_allclose(model.loc.detach(), means, rtol=1e-7, atol=1e-9)
        found = (model.factor @ model.factor.mT).detach()
        np.testing.assert_allclose(found, covariances, rtol=1e-6, atol=1e-8)


def test_statistics_are_averages() -> None:
    """s ← (1 − γ) s + γ s̄, with moments about 0 by numpy."""
    model, em = gmm(3, 3, 2, "model.power=0.7", "model.delay=1")
    x = torch.randn(60, 3).double() + 5
    model.fit(x)
    em.begin()

    def moments() -> tuple[np.ndarray, ...]:
        n, m = em.weights.numpy(), model.loc.detach().numpy()
        second = em.covariance.numpy() + m[:, :, None] * m[:, None]
        return n.copy(), n[:, None] * m, n[:, None, None] * second

    for number, part in enumerate(x.split(20), 1):
        z = model.scores(part).detach()
        r = model.responsibilities(z).numpy()
        batch = r.mean(0), r.T @ z.numpy() / 20, np.einsum("bk,bi,bj->kij", r, z, z) / 20
        gamma, before = (number + 1) ** -0.7, moments()
        step(model, part, number)
        for old, seen, new in zip(before, batch, moments(), strict=True):
            np.testing.assert_allclose(new, (1 - gamma) * old + gamma * seen, rtol=1e-8, atol=1e-10)


def test_responsibilities_sum_to_one() -> None:
    model, _ = gmm(4, 3, 5)
    r = model.responsibilities(3 * torch.randn(50, 3).double())
    torch.testing.assert_close(r.sum(1), torch.ones(50).double())
    assert (r >= 0).all()


def test_in_batches_it_comes_to_the_likelihood_of_scikit_learn() -> None:
    """On ten principal axes of digits; both from k-means, ours one batch of 100 at a time."""
    scores = PCA(10, random_state=0).fit_transform(load_digits(return_X_y=True)[0] / 16)
    x = torch.from_numpy(scores)
    reference = Reference(5, reg_covar=FLOOR, random_state=0, max_iter=1000, tol=1e-5).fit(scores)
    model, em = gmm(10, 10, 5, "model.delay=2")
    torch.manual_seed(0)
    model.fit(x)
    em.begin()
    number, before = 0, model.log_prob(x).mean().item()
    for _ in range(30):
        for rows in torch.randperm(len(x)).split(100):
            number += 1
            step(model, x[rows], number)
    found = model.log_prob(x).mean().item()
    assert found > before + 0.05
    assert found == pytest.approx(reference.score(scores), abs=0.1)


def test_evaluation_leaves_no_batch_behind() -> None:
    model, em = gmm(3, 3, 2)
    kept = em.weights.clone()
    with torch.no_grad():
        model.terms({"x": torch.randn(5, 3).double()})
    em.after_step(1, 10, World())
    assert torch.equal(em.weights, kept)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("model.power=0.5", "model.power=0.5: must be above 0.5 and at most 1"),
        ("model.delay=-1", "model.delay=-1.*: must be at least 0"),
        ("model.rate=1", r"model.minibatch: moves the mixture itself.* set model.rate=0"),
    ],
)
def test_what_it_refuses(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        gmm(3, 2, 2, option)
