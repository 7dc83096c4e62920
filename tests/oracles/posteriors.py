"""The log densities of the posteriors, by scipy.

Those of flows are scipy's of the base and the Jacobian of the map by autograd; that the maps are
what they are said to be, and their inverses inverses, is for tests of their own.
"""

from typing import Any

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor

from tests.oracles.oracle import Array, Oracle, halves, soft

NORMAL: Any = stats.multivariate_normal  # whose annotations know whole numbers only


def _diagonal_gaussian(family: Any, raw: Array, z: Array) -> Array:
    loc, log_scale = halves(family, raw)
    return stats.norm.logpdf(z, loc, soft(log_scale, 10.0))


def _laplace(family: Any, raw: Array, z: Array) -> Array:
    loc, log_scale = halves(family, raw)
    return stats.laplace.logpdf(z, loc, soft(log_scale, 10.0))


def _bounded(raw: Array, bound: float) -> Array:
    return np.log(soft(raw, bound))


def _full_gaussian(family: Any, raw: Array, z: Array) -> Array:
    (d,) = family.event

    def one(raw: Array, z: Array) -> float:
        below = np.zeros((d, d))
        below[np.tril_indices(d, -1)] = _bounded(raw[2 * d :], 100.0)
        factor = np.diag(soft(raw[d : 2 * d], 10.0)) @ (np.eye(d) + below)
        return NORMAL.logpdf(z, raw[:d], factor @ factor.T)

    return _each(one, 1, raw, z)


def _low_rank_gaussian(_: Any, raw: Array, z: Array) -> Array:
    def one(raw: Array, z: Array) -> float:
        scale, w = soft(raw[1], 10.0), _bounded(raw[2:], 10.0)
        covariance = scale[:, None] * (np.eye(len(z)) + w.T @ w) * scale
        return NORMAL.logpdf(z, raw[0], covariance)

    return _each(one, 2, raw, z)


def _von_mises_fisher(family: Any, raw: Array, z: Array) -> Array:
    def one(raw: Array, z: Array) -> float:
        along = raw[:-1] + 1e-3 * np.eye(len(z))[0]
        concentration = family.minimum + soft(raw[-1], 15.0)
        return stats.vonmises_fisher.logpdf(z, along / np.linalg.norm(along), concentration)

    return _each(one, 1, raw, z)


def _gumbel_softmax(family: Any, raw: Array, z: Array) -> Array:
    k, temperature = family.classes, family.temperature
    logits = _bounded(raw, 10.0).reshape(*raw.shape[:-1], -1, k)
    x = z.reshape(*z.shape[:-1], -1, k)
    powers = np.exp(logits) * x**-temperature
    log_p = special.gammaln(k) + (k - 1) * np.log(temperature)
    log_p = log_p + np.log(powers / x).sum(-1) - k * np.log(powers.sum(-1))
    return log_p.sum(-1)


def _bernoulli(_: Any, raw: Array, z: Array) -> Array:
    return stats.bernoulli.logpmf(z, special.expit(_bounded(raw, 10.0)))


def _flow(family: Any, raw: Array, z: Array) -> Array:
    def one(raw: Array, z: Array) -> float:
        q = family(torch.from_numpy(raw))

        def forward(z: Tensor) -> Tensor:
            for transform in q.transforms:
                z, _ = transform.forward(z)
            return z

        start = torch.from_numpy(z)
        for transform in reversed(q.transforms):
            start = transform.inverse(start)
        jacobian: Any = torch.autograd.functional.jacobian(forward, start.detach())
        base = stats.norm.logpdf(start.detach(), q.base.loc.detach(), q.base.scale.detach())
        return base.sum() - np.linalg.slogdet(jacobian.numpy())[1]

    return _each(one, 1, raw, z)


def _wrapped_normal(family: Any, raw: Array, z: Array) -> Array:
    """The authors' form: N(λ_μ log_μ(z); 0, σ²) (√c d / sinh(√c d))^(D−1), d = d(μ, z)."""
    root = np.sqrt(family.curvature)

    def one(raw: Array, z: Array) -> float:
        length = np.linalg.norm(raw[0])
        m = raw[0] * 10 / root / (10 / root + length)
        mu = np.tanh(root * np.linalg.norm(m) / 2) * m / (root * np.linalg.norm(m))
        w = mobius(-mu, z, family.curvature)
        size = np.linalg.norm(w)
        v = 2 / root * np.arctanh(root * size) * w / size
        t = root * np.linalg.norm(v)
        normal = stats.norm.logpdf(v, 0, soft(raw[1], 10.0)).sum()
        return normal - (len(z) - 1) * np.log(np.sinh(t) / t)

    return _each(one, 2, raw, z)


def mobius(x: Array, y: Array, c: float) -> Array:
    """Return x ⊕ y, as the textbooks write it."""
    dot, xx, yy = x @ y, x @ x, y @ y
    up = (1 + 2 * c * dot + c * yy) * x + (1 - c * xx) * y
    return up / (1 + 2 * c * dot + c**2 * xx * yy)


def _each(one: Any, dims: int, raw: Array, z: Array) -> Array:
    """Return one(raw, z) for each element of a batch."""
    batch = z.shape[:-1]
    shape = raw.shape[raw.ndim - dims :]
    raw = np.broadcast_to(raw, (*batch, *shape)).reshape(-1, *shape).copy()
    found = [one(r, v) for r, v in zip(raw, z.reshape(-1, z.shape[-1]), strict=True)]
    return np.array(found).reshape(batch)


def _second(family: Any, gradient: Tensor) -> Tensor:
    (d,) = family.event
    return gradient[..., d : 2 * d]


def _row(family: Any, gradient: Tensor) -> Tensor:
    return gradient[..., 1, :]


FLOW = Oracle(_flow, log_scales=_second)

POSTERIORS: dict[str, Oracle] = {
    "bernoulli": Oracle(_bernoulli, log_scales=lambda _, gradient: gradient),
    "delta": Oracle(None),
    "delta_sigmoid": Oracle(None),
    "delta_tanh": Oracle(None),
    "diagonal_gaussian": Oracle(_diagonal_gaussian, log_scales=_row),
    "full_gaussian": Oracle(_full_gaussian, log_scales=_second),
    "gumbel_softmax": Oracle(_gumbel_softmax),
    "iaf": FLOW,
    "implicit": Oracle(None),
    "laplace": Oracle(_laplace, log_scales=_row),
    "low_rank_gaussian": Oracle(_low_rank_gaussian, log_scales=_row),
    "planar": FLOW,
    "radial": FLOW,
    "spline_coupling": FLOW,
    "sylvester": FLOW,
    "von_mises_fisher": Oracle(_von_mises_fisher, log_scales=lambda _, g: g[..., -1:]),
    "wrapped_normal": Oracle(_wrapped_normal, log_scales=_row),
}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {
    "gumbel_softmax": [("classes=2", "temperature=1.5")],
    "iaf": [("steps=1", "hidden=[8]", "context=3")],
    "low_rank_gaussian": [("rank=1",)],
    "planar": [("steps=2",)],
    "radial": [("steps=2",)],
    "sylvester": [("kind=orthogonal", "width=2"), ("kind=householder",), ("kind=triangular",)],
    "von_mises_fisher": [("minimum=0",)],
    "wrapped_normal": [("curvature=0.1",), ("curvature=2.5",)],
}
