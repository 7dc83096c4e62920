"""Parzen windows against scikit-learn's kernel density and a closed form."""

import math

import pytest
import torch
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KernelDensity

from aetrain.errors import UserError
from aetrain.evaluation.evidence import parzen as module
from aetrain.evaluation.evidence.parzen import WIDTHS, parzen, parzen_log_density

G = torch.Generator().manual_seed(0)


def draws(n: int, *shape: int) -> torch.Tensor:
    return 0.3 * torch.randn(n, *shape, generator=G, dtype=torch.float64)


@pytest.mark.parametrize("block", [7, 500])
def test_scikit_learn(block: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BLOCK", block)
    x, samples = draws(31, 2, 3), draws(101, 2, 3)
    wanted = KernelDensity(bandwidth=0.2).fit(samples.flatten(1)).score_samples(x.flatten(1))
    found = parzen_log_density(x, samples, 0.2)
    torch.testing.assert_close(found, torch.from_numpy(wanted), rtol=1e-9, atol=1e-9)


def test_the_bandwidth_is_scikit_learns():
    samples, valid, x = draws(200, 3), draws(80, 3), draws(50, 3)
    folds = PredefinedSplit([-1] * len(samples) + [0] * len(valid))
    search = GridSearchCV(KernelDensity(), {"bandwidth": WIDTHS}, cv=folds, refit=False)
    search.fit(torch.cat([samples, valid]).numpy())
    found = parzen(x, valid, samples)
    assert found.bandwidth == search.best_params_["bandwidth"]
    wanted = KernelDensity(bandwidth=found.bandwidth).fit(samples).score_samples(x)
    torch.testing.assert_close(found.log_density, torch.from_numpy(wanted))


def test_the_density_of_a_normal():
    """E log N(0, 1 + h²): TARGETS.md."""
    samples = torch.randn(10_000, 1, generator=G, dtype=torch.float64)
    x = torch.randn(10_000, 1, generator=G, dtype=torch.float64)
    h = 0.2
    found = parzen_log_density(x, samples, h)
    wanted = -0.5 * math.log(2 * math.pi * (1 + h * h)) - 0.5 / (1 + h * h)
    assert abs(found.mean().item() - wanted) < 3 * found.std().item() / 100


def test_a_bandwidth_at_the_end_is_refused():
    with pytest.raises(UserError, match=r"the best bandwidth .* is 1, the end of 0\.01 \.\.\. 1"):
        parzen(100 * draws(20, 2), 100 * draws(20, 2), 100 * draws(50, 2))
