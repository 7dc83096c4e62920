"""What the parts of a configuration must agree on: values, levels, classes, an encoder."""

from collections.abc import Mapping
from typing import Any

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError, choice
from aetrain.families import Family
from aetrain.making import make
from aetrain.values import BINARY, COUNTS, UNIT, Values

OF_LABELS = {"head": "head=none", "conditioning": "model=vae conditioning=none"}
"""Groups that learn from labels, and have a number of `classes`; what needs none, whatever the
model, since some cannot be without."""


def require_encoder(model: Autoencoder, config: dict[str, Any]) -> None:
    """Refuse to corrupt what a model without an encoder would never be given.

    Raises:
        UserError: naming both.
    """
    if config["corruption"] and not model.encodes:
        raise UserError(
            f"corruption: model={choice(model)} has no encoder that could be given corrupted data:"
            " use corruption=none, or a model with an encoder, such as model=aae"
        )


def settle_levels(config: dict[str, Any], values: Values | None) -> None:
    """Give a likelihood that scores a grid the number of the data's levels, where it has none."""
    node = config["likelihood"]
    if "levels" not in node or node["levels"] is not None or values is None:
        return
    if values.levels and not values.counts:
        node["levels"] = int(values.levels)


def settle_classes(config: dict[str, Any], classes: int, dataset: str) -> None:
    """Give what learns from labels the number of the data's classes, where it has none.

    Raises:
        UserError: where the data have no labels, or more classes than are asked for.
    """
    for group, without in OF_LABELS.items():
        node = config[group]
        if not node:
            continue
        if config["dataset"].get("labelled") == "none":
            raise UserError(
                f"{group}: learns from labels, and dataset.labelled=none takes them away: use"
                f" dataset.labelled=all or a number, or {without}"
            )
        if not classes:
            raise UserError(
                f"{group}: learns from labels, and dataset={dataset} has none: use dataset=mnist,"
                f" or set dataset.label to their column (of dataset=array), or use {without}"
            )
        if node["classes"] is None:
            node["classes"] = classes
        if node["classes"] < classes:
            raise UserError(
                f"{group}.classes={node['classes']}: the labels are of {classes} classes; must be"
                f" {classes} or more, or null"
            )


def likelihood_support(config: dict[str, Any]) -> Values:
    """Return the values that the likelihood scores, which do not depend on the event's shape."""
    family: Family = make(config["likelihood"])((1,))
    return family.support


def check_pair(support: Values, values: Values | None, choices: Mapping[str, str]) -> None:
    """Refuse a likelihood that cannot score the data.

    Raises:
        UserError: naming both, and the remedies.
    """
    if values is None or support.covers(values):
        return
    remedies = ["likelihood=gaussian"]
    if support.counts:
        remedies.append("whole numbers from 0 in the data")
    elif COUNTS.covers(values) and values.high > 1:
        remedies.append("likelihood=poisson")
    if support == BINARY and UNIT.covers(values):
        remedies = ["dataset.binarize=dynamic", "likelihood=bernoulli_grey", *remedies]
    elif support.low == 0.0 and support.high == 1.0:
        own = "raw=Values(low, high, levels) in a source of your own"
        remedies = [f"dataset.range=[low,high] or {own} to scale them to [0, 1]", *remedies]
    raise UserError(
        f"likelihood={choices.get('likelihood', '?')} scores {support}, but"
        f" dataset={choices.get('dataset', '?')} gives {values}: use {', or '.join(remedies)}"
    )
