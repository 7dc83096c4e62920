"""The area under the ROC curve against scikit-learn and a closed form."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from aetrain.evaluation.roc import auroc


@pytest.mark.parametrize("ties", [False, True])
def test_scikit_learn(ties: bool):
    g = torch.Generator().manual_seed(0)
    a, b = 0.7 + torch.randn(57, generator=g), torch.randn(91, generator=g)
    if ties:
        a, b = a.round(), b.round()
    labels = np.r_[np.ones(57), np.zeros(91)]
    assert auroc(a, b).value == pytest.approx(roc_auc_score(labels, torch.cat([a, b])), abs=1e-12)
    assert auroc(b, a).value == pytest.approx(1 - auroc(a, b).value)
    assert auroc(b, a).error == pytest.approx(auroc(a, b).error)


def test_two_normals_and_the_spread_over_repetitions():
    """P(a > b) = Φ(δ / √2); the error is the standard deviation of many such figures."""
    g = torch.Generator().manual_seed(1)
    found = [
        auroc(1 + torch.randn(200, generator=g), torch.randn(300, generator=g)) for _ in range(400)
    ]
    values = torch.tensor([f.value for f in found])
    errors = torch.tensor([f.error for f in found])
    assert abs(values.mean().item() - norm.cdf(1 / 2**0.5)) < 3 * values.std().item() / 20
    assert errors.mean().item() == pytest.approx(values.std().item(), rel=0.15)


def test_perfect_and_no_use():
    assert auroc(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])) == (1.0, 0.0)
    assert auroc(torch.ones(3), torch.ones(4)).value == 0.5
