"""The log densities of the likelihoods, by scipy."""

from typing import Any

import numpy as np
from scipy import special, stats
from torch import Tensor

from aetrain.values import BINARY
from tests.oracles.oracle import Array, Oracle, halves, soft


def _positive(part: Any, rest: list[Array]) -> Any:
    """Return a positive parameter; `rest` are the network's outputs that nobody has taken."""
    if part.choice == "decoder":
        return part.minimum + soft(rest.pop(0), 8.0)
    if isinstance(part.choice, str):
        return part.minimum + soft(part.raw.detach().numpy(), 8.0)
    return part.choice


def _stacked(family: Any, raw: Array) -> list[Array]:
    """Return the parameters of one value that a network puts out."""
    return [raw] if family.parameter_shape == family.event else list(halves(family, raw))


def _gaussian(family: Any, raw: Array, x: Array) -> Array:
    loc, *rest = _stacked(family, raw)
    if family.optimal is not None:
        return stats.norm.logpdf(x, loc, np.sqrt(family.optimal.kept.numpy()))
    return stats.norm.logpdf(x, loc, _positive(family.sigma, rest))


def _laplace(family: Any, raw: Array, x: Array) -> Array:
    loc, *rest = _stacked(family, raw)
    return stats.laplace.logpdf(x, loc, _positive(family.scale, rest))


def _student_t(family: Any, raw: Array, x: Array) -> Array:
    loc, *rest = _stacked(family, raw)
    scale = _positive(family.scale, rest)
    return stats.t.logpdf(x, _positive(family.df, rest), loc, scale)


def _continuous_bernoulli(_: Any, raw: Array, x: Array) -> Array:
    logit = 100 * raw / (100 + np.abs(raw))
    p = special.expit(logit)
    return np.log(2 * np.arctanh(1 - 2 * p) / (1 - 2 * p)) + x * np.log(p) + (1 - x) * np.log1p(-p)


def _beta_parameters(family: Any, raw: Array) -> tuple[Array, Array]:
    alpha, beta = halves(family, soft(raw, 8.0))
    return alpha, beta


def _beta(family: Any, raw: Array, x: Array) -> Array:
    width = 1 - 2 * family.squeeze
    return stats.beta.logpdf(family.squeeze + width * x, *_beta_parameters(family, raw)) + np.log(
        width
    )


def _beta_mass(family: Any, raw: Array) -> Array:
    """Return what is not squeezed out."""
    ends = np.array([family.squeeze, 1 - family.squeeze])
    return np.diff(stats.beta.cdf(ends, *_beta_parameters(family, raw)))[0]


def _categorical(family: Any, raw: Array, x: Array) -> Array:
    axis = -len(family.event) - 1
    k = np.rint(x * (raw.shape[axis] - 1)).astype(int)
    log_p = special.log_softmax(raw, axis)
    return np.take_along_axis(np.asarray(log_p), np.expand_dims(k, axis), axis).squeeze(axis)


def logistic_log_mass(x: Array, loc: Array, scale: Any, levels: int) -> Array:
    """Return the log mass of levels in units of half the range, by scipy's distribution function.

    On the right of the median the mass is that of the mirrored bin, which keeps its digits.
    """
    u = 2 * x - 1
    low = np.where(x < 0.5 / (levels - 1), -np.inf, (u - 1 / (levels - 1) - loc) / scale)
    high = np.where(x > 1 - 0.5 / (levels - 1), np.inf, (u + 1 / (levels - 1) - loc) / scale)
    low, high = np.where(low > 0, -high, low), np.where(low > 0, -low, high)
    return np.log(stats.logistic.cdf(high) - stats.logistic.cdf(low))


def _discretized_logistic(family: Any, raw: Array, x: Array) -> Array:
    loc, *rest = _stacked(family, raw)
    return logistic_log_mass(x, loc, _positive(family.scale, rest), family.levels)


def _logistic_mixture(family: Any, raw: Array, x: Array) -> Array:
    """Return the log density of each place, channel by channel."""
    c, k, axis = family.channels, family.mixtures, -len(family.places) - 1
    rows = np.moveaxis(raw, axis, 0).reshape(-1, k, *np.moveaxis(raw, axis, 0).shape[1:])
    total = special.log_softmax(rows[0], 0)
    channels = list(np.moveaxis(x, axis, 0)) if len(family.event) == 3 else [x]
    pair = 1 + 2 * c
    for i, channel in enumerate(channels):
        loc = rows[1 + i]
        for j in range(i):
            loc = loc + np.tanh(rows[pair]) * (2 * channels[j] - 1)
            pair += 1
        total = total + logistic_log_mass(channel, loc, soft(rows[1 + c + i], 8.0), family.levels)
    return np.asarray(special.logsumexp(total, 0))


def _poisson(_: Any, raw: Array, x: Array) -> Array:
    return stats.poisson.logpmf(x, soft(raw, 15.0))


def _negative_binomial(family: Any, raw: Array, x: Array) -> Array:
    log_mean, *rest = _stacked(family, raw)
    return _nb(soft(log_mean, 15.0), _positive(family.dispersion, rest), x)


def _nb(mean: Array, dispersion: Any, x: Array) -> Array:
    return stats.nbinom.logpmf(x, 1 / dispersion, 1 / (1 + mean * dispersion))


def _zero_inflated(family: Any, raw: Array, x: Array) -> Array:
    log_mean, gate, *rest = _stacked(family, raw)
    pi = special.expit(20 * gate / (20 + np.abs(gate)))
    counted = np.exp(_nb(soft(log_mean, 15.0), _positive(family.dispersion, rest), x))
    return np.log(pi * (x == 0) + (1 - pi) * counted)


def _multinomial(family: Any, raw: Array, x: Array) -> Array:
    """Return one number for each event."""
    dims = len(family.event)
    p = special.softmax(raw.reshape(*raw.shape[:-dims], -1), -1)
    p = p / p.sum(-1, keepdims=True)
    x = x.reshape(*x.shape[:-dims], -1)
    return np.asarray(stats.multinomial.logpmf(x, x.sum(-1), p))


def _second(family: Any, gradient: Tensor) -> Tensor:
    """Return the gradients of the raw scales, where the network puts them out."""
    computed = family.parameter_shape != family.event
    return gradient.select(-len(family.event) - 1, 1) if computed else gradient[..., :0]


def _all(_: Any, gradient: Tensor) -> Tensor:
    return gradient


def _mixture_scales(family: Any, gradient: Tensor) -> Tensor:
    k, c = family.mixtures, family.channels
    axis = -len(family.places) - 1
    # where a component's weight has underflowed, its gradient has too
    return gradient.narrow(axis, k * (1 + c), k * c).abs().sum(axis)


LIKELIHOODS: dict[str, Oracle] = {
    "bernoulli": Oracle(lambda _, raw, x: stats.bernoulli.logpmf(x, special.expit(raw))),
    "bernoulli_grey": Oracle(
        # an expected log mass: normalised on binary values only
        lambda _, raw, x: x * special.log_expit(raw) + (1 - x) * special.log_expit(-raw),
        values=BINARY,
    ),
    "beta": Oracle(_beta, log_scales=_all),
    "categorical": Oracle(_categorical),
    "continuous_bernoulli": Oracle(_continuous_bernoulli, log_scales=_all),
    "discretized_logistic": Oracle(_discretized_logistic, log_scales=_second),
    "gaussian": Oracle(_gaussian, log_scales=_second),
    "laplace": Oracle(_laplace, log_scales=_second),
    "logistic_mixture": Oracle(_logistic_mixture, log_scales=_mixture_scales),
    "multinomial": Oracle(_multinomial),
    "negative_binomial": Oracle(_negative_binomial),
    "poisson": Oracle(_poisson, log_scales=_all),
    "student_t": Oracle(_student_t, log_scales=_second),
    "zero_inflated_negative_binomial": Oracle(_zero_inflated),
}

# What a density integrates to, where that is not 1.
MASSES: dict[str, Any] = {"beta": _beta_mass}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {
    "beta": [("squeeze=0.004",)],
    "categorical": [("levels=3",)],
    "discretized_logistic": [
        ("scale=0.5",),
        ("scale=shared", "levels=17"),
        ("scale=per_dimension", "levels=2"),
        ("levels=5",),
    ],
    "gaussian": [
        ("sigma=0.5",),
        ("sigma=shared",),
        ("sigma=per_dimension",),
        ("sigma=decoder",),
        ("sigma=decoder", "minimum=0.25"),
        ("sigma=optimal",),
    ],
    "laplace": [("scale=0.5",), ("scale=per_dimension",), ("scale=decoder",)],
    "logistic_mixture": [("levels=4",), ("mixtures=2", "levels=16"), ("mixtures=3",)],
    "multinomial": [("total=4",)],
    "negative_binomial": [
        ("dispersion=0.5",),
        ("dispersion=shared",),
        ("dispersion=decoder",),
    ],
    "student_t": [
        ("scale=0.5", "df=8"),
        ("scale=per_dimension", "df=per_dimension"),
        ("scale=decoder", "df=16"),
        ("scale=decoder", "df=decoder"),
    ],
    "zero_inflated_negative_binomial": [("dispersion=0.5",), ("dispersion=decoder",)],
}
