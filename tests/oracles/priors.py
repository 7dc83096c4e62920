"""The log densities of the priors, by scipy."""

from scipy import stats

from tests.oracles.oracle import Oracle

PRIORS: dict[str, Oracle] = {
    "standard_normal": Oracle(lambda _, raw, z: stats.norm.logpdf(z)),
}

# Options beside a choice's defaults that change what it computes.
VARIANTS: dict[str, list[tuple[str, ...]]] = {}
