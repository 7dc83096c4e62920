"""Linear autoencoders end where theory says: at PCA, and with noise at the best linear denoiser."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from scipy.linalg import subspace_angles
from torch import Tensor

import aetrain
from aetrain.agreement import likelihood_support
from aetrain.build import build_data
from aetrain.trained import Trained

DIGITS = [
    *("model=linear_ae", "latent=10", "dataset.batch_size=1437", "optimizer.lr=0.02"),
    *("optimizer.betas=[0.95,0.95]", "schedule=cosine", "schedule.warmup=50", "callbacks=none"),
    *("trainer.max_epochs=1200", "trainer.check_val_every_n_epoch=1200", "logger=none"),
    *("trainer.accelerator=cpu", "evaluation.nll_samples=0"),
]
DATA = Path(os.environ.get("AETRAIN_DATA", "data")).resolve()
"""The folder of MNIST's files."""
MNIST = [
    *("experiment=linear_ae_mnist", f"dataset.root={DATA}", "dataset.download=false"),
    *("callbacks=none", "logger=none"),
]


class Moments(NamedTuple):
    """Of x and x̃: mean and covariance of x, E[x̃], Cov(x, x̃), Cov(x̃)."""

    mean: Tensor
    covariance: Tensor
    noisy_mean: Tensor
    cross: Tensor
    noisy: Tensor


def split(config: dict, name: str) -> Tensor:
    """Return the examples of a split as vectors, in float64."""
    data = build_data(config)
    data.load(likelihood_support(config))
    rows = torch.arange(len(data.tables[name]))
    blocks = data.blocks_of(name, rows, torch.device("cpu"))
    return torch.cat([block["x"] for block in blocks]).flatten(1).double()


def train(job: list[str]) -> tuple[Trained, dict]:
    results = aetrain.train(job)
    return aetrain.load(results["run"]), results


def affine(trained: Trained) -> tuple[Tensor, Tensor]:
    """Return A and b of the reconstruction A x + b."""
    (encoder,), (decoder,) = (
        part.network.layers for part in (trained.model.encoder, trained.model.decoder)
    )
    e, c, d, b = (t.double() for t in (*encoder.parameters(), *decoder.parameters()))
    return d @ e, d @ c + b


def expected(a: Tensor, b: Tensor, m: Moments) -> float:
    """Return E|x − A x̃ − b|²."""
    spread = m.covariance - a @ m.cross.T - m.cross @ a.T + a @ m.noisy @ a.T
    return (spread.trace() + (m.mean - a @ m.noisy_mean - b).square().sum()).item()


def least(m: Moments, d: int) -> float:
    """Return the least E|x − A x̃ − b|² for A of rank d (reduced-rank regression)."""
    explained = m.cross @ torch.linalg.pinv(m.noisy, hermitian=True) @ m.cross.T
    return (m.covariance.trace() - torch.linalg.eigvalsh(explained)[-d:].sum()).item()


def check_pca(trained: Trained, results: dict, d: int) -> None:
    x, y = (split(trained.config, name) for name in ("train", "test"))
    centred = x - x.mean(0)
    components = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -d:]
    (decoder,) = trained.model.decoder.network.layers
    assert subspace_angles(decoder.weight.double(), components).max() < 1e-3
    a, b = affine(trained)
    for part in (x, y):
        own = (part @ a.T + b - part).square().sum(1).mean()
        outside = part - x.mean(0)
        outside = outside - outside @ components @ components.T
        assert own == pytest.approx(outside.square().sum(1).mean().item(), rel=1e-4)
    assert results["test/squared_error"] == pytest.approx(own.item(), rel=1e-5)


def test_on_digits_it_is_pca(here: Path) -> None:
    check_pca(*train(DIGITS), d=10)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not (DATA / "MNIST").is_dir(), reason="no MNIST; AETRAIN_DATA names its folder")
def test_on_mnist_it_is_pca(here: Path) -> None:
    trained, results = train(MNIST)
    check_pca(trained, results, d=30)
    assert results["test/squared_error"] == pytest.approx(13.87, abs=0.01)


def gaussian(x: Tensor, level: float) -> Moments:
    mean, s = x.mean(0), torch.cov(x.T, correction=0)
    return Moments(mean, s, mean, s, s + level**2 * torch.eye(len(s)))


def masking(x: Tensor, level: float) -> Moments:
    """Of x̃ = m x, P(m = 1) = k: E[x̃ x̃ᵀ] is k² E[x xᵀ] beside the diagonal, k E[x²] on it."""
    mean, s, k = x.mean(0), torch.cov(x.T, correction=0), 1 - level
    diagonal = (k - k**2) * x.square().mean(0)
    return Moments(mean, s, k * mean, k * s, k**2 * s + diagonal.diag())


@pytest.mark.parametrize("moments", [gaussian, masking])
@pytest.mark.parametrize("latent", [10, 64])
def test_with_noise_it_is_the_best_linear_denoiser(moments, latent: int, here: Path) -> None:
    level = 0.3
    noise = [f"corruption={moments.__name__}", f"corruption.level={level}", f"latent={latent}"]
    trained, _ = train([*DIGITS, *noise])
    m = moments(split(trained.config, "train"), level)
    found, best = expected(*affine(trained), m), least(m, latent)
    assert best <= found < best * (1 + 1e-3)
