"""The log densities of the likelihoods, by scipy."""

from typing import Any

from scipy import special, stats
from torch import Tensor

from aetrain.values import BINARY
from tests.oracles.oracle import Array, Oracle, halves, soft


def _gaussian(family: Any, raw: Array, x: Array) -> Array:
    if family.sigma == "decoder":
        raw, scale = halves(family, raw)
        scale = family.minimum + soft(scale, 8.0)
    elif isinstance(family.sigma, str):
        scale = family.minimum + soft(family.raw_scale.detach().numpy(), 8.0)
    else:
        scale = family.sigma
    return stats.norm.logpdf(x, raw, scale)


def _gaussian_scales(family: Any, gradient: Tensor) -> Tensor:
    dim = -len(family.event) - 1
    return gradient.select(dim, 1) if family.sigma == "decoder" else gradient[..., :0]


LIKELIHOODS: dict[str, Oracle] = {
    "bernoulli": Oracle(lambda _, raw, x: stats.bernoulli.logpmf(x, special.expit(raw))),
    "bernoulli_grey": Oracle(
        # an expected log mass: normalised on binary values only
        lambda _, raw, x: x * special.log_expit(raw) + (1 - x) * special.log_expit(-raw),
        values=BINARY,
    ),
    "gaussian": Oracle(_gaussian, log_scales=_gaussian_scales),
}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {
    "gaussian": [
        ("sigma=0.5",),
        ("sigma=shared",),
        ("sigma=per_dimension",),
        ("sigma=decoder",),
        ("sigma=decoder", "minimum=0.25"),
    ],
}
