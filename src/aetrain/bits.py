"""Bits per dimension: of a mass on discrete data, or of a density on dequantised ones."""

from collections.abc import Mapping
from typing import Any

from aetrain.errors import UserError
from aetrain.families import Family
from aetrain.making import make
from aetrain.values import Values


def refuse_spread_masses(config: Mapping[str, Any]) -> None:
    """Refuse to dequantise data for a likelihood that is no density: no bits would come of it.

    Raises:
        UserError: naming what to use.
    """
    if config["dataset"]["dequantize"] and not _likelihood(config).normalised:
        raise UserError(
            "dataset.dequantize=true: is for densities, and likelihood=bernoulli_grey is none:"
            " leave it out, or use likelihood=continuous_bernoulli"
        )


def why_none(config: Mapping[str, Any], values: Values | None) -> str:
    """Return why a run has a bound and no bits per dimension.

    Arguments:
        config: of the run.
        values: of x; None where nobody knows.
    """
    if not _likelihood(config).normalised:
        return (
            "bits per dimension: none, as the figures are expected log masses of a random"
            " binarisation, comparable only with other runs of likelihood=bernoulli_grey"
        )
    if values is not None and not values.discrete:
        return "bits per dimension: none, as the data are real numbers"
    return "bits per dimension: none, as a density on data that were not dequantised"


def _likelihood(config: Mapping[str, Any]) -> Family:
    return make(config["likelihood"])((1,))
