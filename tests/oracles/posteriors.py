"""The log densities of the posteriors, by scipy."""

from typing import Any

from scipy import stats

from tests.oracles.oracle import Array, Oracle, halves, soft


def _diagonal_gaussian(family: Any, raw: Array, z: Array) -> Array:
    loc, log_scale = halves(family, raw)
    return stats.norm.logpdf(z, loc, soft(log_scale, 10.0))


POSTERIORS: dict[str, Oracle] = {
    "delta": Oracle(None),
    "diagonal_gaussian": Oracle(
        _diagonal_gaussian,
        log_scales=lambda q, gradient: gradient.select(-len(q.event) - 1, 1),
    ),
}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {}
