"""From a checked, plain configuration to objects. No model's name appears here."""

import functools
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from aetrain import schedules
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
from aetrain.families import Family
from aetrain.game import Plan
from aetrain.making import make, make_with
from aetrain.pieces import Pieces
from aetrain.samplers.sampler import Sampler
from aetrain.schedules import Schedule
from aetrain.spaces import Space
from aetrain.values import BINARY, COUNTS, UNIT, Values

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

OF_LABELS = {"head": "head=none", "conditioning": "model=vae conditioning=none"}
"""Groups that learn from labels, and have a number of `classes`; what needs none, whatever the
model, since some cannot be without."""

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


def require_encoder(model: Autoencoder, config: Config) -> None:
    """Refuse to corrupt what a model without an encoder would never be given.

    Raises:
        UserError: naming both.
    """
    if config["corruption"] and not model.encodes:
        raise UserError(
            f"corruption: model={choice(model)} has no encoder that could be given corrupted data:"
            " use corruption=none, or a model with an encoder, such as model=aae"
        )


def settle_levels(config: Config, values: Values | None) -> None:
    """Give a likelihood that scores a grid the number of the data's levels, where it has none."""
    node = config["likelihood"]
    if "levels" not in node or node["levels"] is not None or values is None:
        return
    if values.levels and not values.counts:
        node["levels"] = int(values.levels)


def settle_classes(config: Config, classes: int, dataset: str) -> None:
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


def likelihood_support(config: Config) -> Values:
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


def build_plan(config: Config, device_type: str) -> Plan:
    """Return how the model is trained; the optimizer is fused where it and the device can be."""
    node = dict(config["optimizer"])
    package, _, name = str(node["_target_"]).rpartition(".")
    target = torch.optim.__dict__.get(name) if package == "torch.optim" else None
    known = () if target is None else target.__init__.__code__.co_varnames
    others = node.get("foreach") or node.get("differentiable")  # torch takes one of the three
    if "fused" in known and "fused" not in node and not others and device_type in ("cpu", "cuda"):
        node["fused"] = True
    trainer = config["trainer"]
    return Plan(
        optimizer=make(node),
        schedule=build_schedule(config["schedule"], "schedule"),
        weights=_weights(config),
        clip=float(trainer["gradient_clip_val"] or 0.0),
        clip_algorithm=trainer["gradient_clip_algorithm"],
        skip_above=_skip_above(trainer["skip_gradient_above"]),
        compile=config["compile"],
    )


def build_average(decay: float | None, model: Autoencoder) -> AveragedWeights | None:
    """Return the average of a model's weights, where there is to be one."""
    return None if decay is None else AveragedWeights(model, decay)


def _skip_above(norm: float | None) -> float | None:
    if norm == 0:
        raise UserError(
            "trainer.skip_gradient_above=0: leaves out every update; set a norm above the usual"
            " ones (optimizer/model_gradient_norm in the log), or null"
        )
    return norm


def build_schedule(node: Mapping[str, Any], key: str) -> Schedule:
    """Return a schedule, tried at its first step.

    Raises:
        UserError: for what it says is wrong with its numbers, at its key in the configuration.
    """
    schedule: Schedule = make(node)
    if not callable(schedule):
        raise UserError(f"{key}: is no schedule; use one of aetrain.schedules, and _partial_: true")
    try:
        schedule(0, 1)
    except UserError as error:
        raise UserError(f"{key}.{error}") from None
    return schedule


def _weights(config: Config) -> dict[str, float | Schedule]:
    """Return the weights of the objective's terms, each multiplied by the annealing."""
    annealing = build_schedule(config["annealing"], "annealing")
    plain = isinstance(annealing, functools.partial) and annealing.func is schedules.constant
    found = {
        name: build_schedule(node, f"objective.weights.{name}")
        if isinstance(node, Mapping)
        else float(node)
        for name, node in config["objective"]["weights"].items()
    }
    if plain:
        return found
    if not any(found.values()):
        raise UserError(
            "annealing: multiplies the weights that objective.weights lists, and with this"
            " objective there is none above 0: use annealing=constant"
        )
    return {name: schedules.Scaled(weight, annealing) for name, weight in found.items()}
