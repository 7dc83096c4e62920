"""From a checked, plain configuration to objects. No model's name appears here."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from aetrain.autoencoder import Autoencoder
from aetrain.averaging import AveragedWeights
from aetrain.conditioning.conditioned_network import (
    ConditionedAutoregressive,
    ConditionedNetwork,
)
from aetrain.conditioning.modulated_network import ModulatedNetwork
from aetrain.corruptions.corruption import Corruption
from aetrain.data.module import DataModule
from aetrain.errors import UserError, choice
from aetrain.making import make, make_with
from aetrain.pieces import Pieces
from aetrain.samplers.sampler import Sampler
from aetrain.spaces import Space
from aetrain.values import Values

Config = dict[str, Any]

CONDITIONAL = (ConditionedNetwork, ConditionedAutoregressive, ModulatedNetwork)

LOCATION = (
    "source",
    "root",
    "path",
    "size",
    "range",
    "label",
    "channels",
    "download",
    "memory_limit",
    "shapes",
    "scales",
    "rotations",
    "positions",
    "turn",
)
"""Keys of `dataset` that its `source` reads; all others are the data module's own."""

UNUSED = {
    "adversary": "adversary: is of games against a discriminator, and this model makes no use of"
    " it: use adversary=non_saturating, the default, or model=aae",
    "encoder_objective": "objective.encoder: this model has no bound for the encoder alone: use"
    " model=vae, or objective=iwae",
    "sparsity": "sparsity: is of codes that are points, and this model makes no use of it: use"
    " model=sparse_ae, or sparsity=none",
    "head": "head: this model has no stage that trains one: use head=none, or model=stacked_ae",
}
"""Parts that somebody has chosen, and what is said where a model has no use for them."""


def build_data(config: Config) -> DataModule:
    """Return the data module; nothing is read yet."""
    node = config["dataset"]
    options = {k: v for k, v in node.items() if k not in LOCATION}
    return make(options, source=make(node["source"]))


def build_corruption(node: Mapping[str, Any], values: Values | None) -> Corruption | None:
    """Return what corrupts x of these values, None where nothing does."""
    return make_with(node, values=values) if node else None


def build_model(config: Config, event: Sequence[int]) -> Autoencoder:
    """Return the model for data of one shape, with weights drawn from the present generator.

    It gets those parts that it asks for by the names of its arguments, see `Pieces.offered`.
    """
    maker = make(config["model"])
    wanted = inspect.signature(maker.func).parameters
    pieces = Pieces(config, event)
    offered = pieces.offered()
    for name in offered:
        if name in UNUSED and name not in wanted and name not in pieces.untouched:
            raise UserError(UNUSED[name])
    chosen = {name: part for name, part in offered.items() if name in wanted}
    if pieces.conditioning is None:
        model: Autoencoder = maker(**{name: part() for name, part in chosen.items()})
        return model
    with pieces.conditioning.condition.none():  # some try out their networks when they are made
        model = maker(**{name: part() for name, part in chosen.items()})
    _require_conditional(model, choice(pieces.conditioning))
    model.conditioning = pieces.conditioning
    return model


def _require_conditional(model: Autoencoder, conditioning: str) -> None:
    """Raise UserError where no network sees the condition that was asked for."""
    if not any(isinstance(module, CONDITIONAL) for module in model.modules()):
        raise UserError(
            f"conditioning={conditioning}: the networks of {type(model).__name__} are its own, and"
            " see no condition: use conditioning=none, or model=cvae"
        )


def build_sampler(node: Mapping[str, Any], model: Autoencoder) -> Sampler | None:
    """Return the sampler of a model's codes, to be fitted; None: codes are drawn as the model does.

    Raises:
        UserError: where a density of real vectors is asked for, and the codes are none; where
            codes of all classes would be drawn for samples of one.
    """
    if not node:
        return None
    sampler: Sampler = make(node)(model.latent)
    if not model.encodes:
        raise UserError(
            f"sampler={choice(sampler)} is fitted to codes of examples, and"
            f" model={choice(model)} has no encoder: use sampler=prior"
        )
    if model.conditioning is not None and not model.decodes_condition:
        raise UserError(
            f"sampler={choice(sampler)} is fitted to codes of all classes, and as the decoder of"
            f" model={choice(model)} sees no class, no sample would be of the one asked for: use"
            " sampler=prior"
        )
    if sampler.real_only and model.space is not Space.REAL:
        raise UserError(
            f"sampler={choice(sampler)} is a density of real vectors, but the codes of this model"
            f" are {model.space.value}: use sampler=prior, or sampler=aggregate"
        )
    return sampler.double() if model.dtype == torch.float64 else sampler


def build_average(decay: float | None, model: Autoencoder) -> AveragedWeights | None:
    """Return the average of a model's weights, where there is to be one."""
    return None if decay is None else AveragedWeights(model, decay)
