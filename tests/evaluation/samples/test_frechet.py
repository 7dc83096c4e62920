"""The Fréchet distance against a closed form and scipy's matrix root."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from aetrain.errors import UserError
from aetrain.evaluation.samples.frechet import frechet, frechet_of_moments

G = torch.Generator().manual_seed(0)


def normal(n: int, d: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    return shift + scale * torch.randn(n, d, generator=G, dtype=torch.float64)


def test_scipys_root():
    mixing = torch.randn(5, 5, generator=G, dtype=torch.float64)
    a, b = normal(100, 5) @ mixing, normal(80, 5, 0.5, 1.0)
    moments = [(x.mean(0).numpy(), np.cov(x.T.numpy())) for x in (a, b)]
    (mu_a, s_a), (mu_b, s_b) = moments
    wanted = np.sum((mu_a - mu_b) ** 2) + np.trace(s_a + s_b - 2 * sqrtm(s_a @ s_b).real)
    assert frechet(a, b).value == pytest.approx(wanted, rel=1e-9)
    assert frechet(b, a).value == pytest.approx(wanted, rel=1e-9)
    assert frechet(a.float(), b.float()).value == pytest.approx(wanted, rel=1e-5)


def test_normals_whose_covariances_commute():
    """|μ|² + Σ (s_i − t_i)²."""
    s, t = torch.rand(6, generator=G).double(), torch.rand(6, generator=G).double()
    mean = torch.randn(6, generator=G).double()
    found = frechet_of_moments(mean, s.square().diag(), torch.zeros(6).double(), t.square().diag())
    assert found == pytest.approx((mean.square().sum() + (s - t).square().sum()).item())


def test_fewer_examples_than_features():
    a = normal(30, 50)
    assert frechet(a, a).value == pytest.approx(0, abs=1e-6)
    b = normal(40, 50, 2.0)
    (s_a, s_b) = (np.cov(x.T.numpy()) for x in (a, b))
    wanted = (a.mean(0) - b.mean(0)).square().sum().item()
    wanted += np.trace(s_a + s_b) - 2 * np.sqrt(np.linalg.eigvals(s_a @ s_b).real.clip(0)).sum()
    assert frechet(a, b).value == pytest.approx(wanted, rel=1e-6)


def test_the_error_is_the_spread_of_repetitions():
    found = [frechet(normal(300, 2), normal(300, 2, 1.5, 0.5)) for _ in range(60)]
    values, errors = (torch.tensor(x) for x in zip(*found, strict=True))
    assert errors.mean().item() == pytest.approx(values.std().item(), rel=0.3)


def test_too_much_and_too_little():
    with pytest.raises(UserError, match="5000 features needs their covariance, and 4096 is the"):
        frechet(torch.zeros(30, 5000), torch.zeros(30, 5000))
    with pytest.raises(UserError, match="19 examples and 30 samples: must be 20 or more"):
        frechet(torch.zeros(19, 2), torch.zeros(30, 2))
