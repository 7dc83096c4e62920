"""The log densities of the priors, by scipy and numpy."""

from typing import Any

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor

from tests.oracles.oracle import Array, Oracle, soft


def _numpy(x: Tensor) -> Array:
    return x.detach().double().numpy()


def _mixture(log_weights: Array, loc: Array, scale: Array, z: Array) -> Array:
    each = stats.norm.logpdf(z[..., None, :], loc, scale).sum(-1)
    return np.log(np.exp(log_weights + each).sum(-1))


def _gaussian_mixture(prior: Any, _: Any, z: Array) -> Array:
    log_weights = special.log_softmax(_numpy(prior.logits))
    if prior.fixed:
        return _mixture(log_weights, _numpy(prior.loc), np.exp(_numpy(prior.log_scale)), z)
    return _mixture(log_weights, _numpy(prior.loc), soft(_numpy(prior.raw_scale), 10.0), z)


def _full_gaussian_mixture(prior: Any, _: Any, z: Array) -> Array:
    loc, scale = _numpy(prior.loc), soft(_numpy(prior.raw_scale), 10.0)
    raw, parts = _numpy(prior.raw_below), []
    for k, mean in enumerate(loc):
        whitening = np.eye(len(mean))
        whitening[np.tril_indices(len(mean), -1)] = 100 * raw[k] / (100 + np.abs(raw[k]))
        factor = np.linalg.inv(whitening / scale[k][:, None])
        parts.append(stats.multivariate_normal.logpdf(z, mean, factor @ factor.T))
    each = special.log_softmax(_numpy(prior.logits)) + np.stack(parts, -1)
    return special.logsumexp(each, axis=-1)


def _vamp(prior: Any, _: Any, z: Array) -> Array:
    (encoder,) = prior._encoder
    loc, raw_scale = _numpy(encoder.network(prior.pseudo_inputs.clamp(0, 1))).swapaxes(0, 1)
    return _mixture(np.array(-np.log(len(loc))), loc, soft(raw_scale, 10.0), z)


def _flow(prior: Any, _: Any, z: Array) -> Array:
    """The change of variables, with the Jacobian by automatic differentiation."""

    def to_noise(point: Tensor) -> Tensor:
        u = point[None]
        for step in prior.steps:
            u, _ = step(u)
        return u[0]

    points = torch.from_numpy(z).reshape(-1, z.shape[-1])
    noise = np.stack([_numpy(to_noise(point)) for point in points])
    jacobians = [torch.autograd.functional.jacobian(to_noise, point) for point in points]
    log_det = np.linalg.slogdet(np.stack([_numpy(j) for j in jacobians])).logabsdet
    return (stats.norm.logpdf(noise).sum(-1) + log_det).reshape(z.shape[:-1])


def _categorical(prior: Any, _: Any, z: Array) -> Array:
    """The density of softmax((g₁ ... g_K)/λ) for Gumbel g, as its authors give it."""
    k, temperature = prior.logits.shape[-1], prior.temperature
    x = z.reshape(*z.shape[:-1], -1, k)
    powers = x**-temperature
    log_p = special.gammaln(k) + (k - 1) * np.log(temperature)
    log_p = log_p + np.log(powers / x).sum(-1) - k * np.log(powers.sum(-1))
    return log_p.sum(-1)


def _hypersphere(_: Any, __: Any, z: Array) -> Array:
    half = z.shape[-1] / 2
    return np.full(z.shape[:-1], special.gammaln(half) - np.log(2) - half * np.log(np.pi))


def _wrapped_normal(prior: Any, _: Any, z: Array) -> Array:
    """N(λ₀ log₀(z); 0, s²) (√c d / sinh(√c d))^(D−1), d = d(0, z)."""
    root = np.sqrt(prior.curvature)
    size = np.linalg.norm(z, axis=-1)
    d = 2 / root * np.arctanh(root * size)
    normal = stats.norm.logpdf(z * (d / size)[..., None], scale=prior.scale).sum(-1)
    return normal - (z.shape[-1] - 1) * np.log(np.sinh(root * d) / (root * d))


def _conditional_gaussian(prior: Any, _: Any, z: Array) -> Array:
    loc, raw = prior.bias.detach().numpy().reshape(2, *prior.event)
    return stats.norm.logpdf(z, loc, soft(raw, 8.0))


PRIORS: dict[str, Oracle] = {
    "bernoulli": Oracle(lambda p, _, z: stats.bernoulli.logpmf(z, special.expit(_numpy(p.logits)))),
    "categorical": Oracle(_categorical),
    "flow": Oracle(_flow),
    "full_gaussian_mixture": Oracle(_full_gaussian_mixture),
    "gaussian_mixture": Oracle(_gaussian_mixture),
    "hypersphere": Oracle(_hypersphere),
    "ring": Oracle(_gaussian_mixture),
    "laplace": Oracle(lambda p, _, z: stats.laplace.logpdf(z, scale=p.scale)),
    "standard_normal": Oracle(lambda _, raw, z: stats.norm.logpdf(z)),
    "conditional_gaussian": Oracle(_conditional_gaussian),
    "student_t": Oracle(lambda p, _, z: stats.t.logpdf(z, p.df, scale=p.scale)),
    "swiss_roll": Oracle(None),
    "uniform": Oracle(lambda p, _, z: stats.uniform.logpdf(z, p.low, p.high - p.low)),
    "vamp": Oracle(_vamp),
    "wrapped_normal": Oracle(_wrapped_normal),
}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {
    "bernoulli": [("p=0.2",)],
    "categorical": [("classes=2", "temperature=1.5")],
    "flow": [("kind=maf",), ("kind=spline",)],
    "full_gaussian_mixture": [("components=1",)],
    "gaussian_mixture": [("components=1",), ("layout=ring",)],
    "laplace": [("scale=0.3",)],
    "student_t": [("df=1.5", "scale=2.0")],
    "uniform": [("low=-0.5", "high=2.0")],
    "wrapped_normal": [("curvature=0.1", "scale=0.5"), ("curvature=2.5", "scale=1.5")],
}
