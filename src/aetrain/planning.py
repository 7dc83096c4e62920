"""How a model is trained, from a checked, plain configuration."""

import functools
from collections.abc import Mapping
from typing import Any

import torch

from aetrain import schedules
from aetrain.errors import UserError
from aetrain.game import Plan
from aetrain.making import make
from aetrain.schedules import Schedule


def build_plan(config: dict[str, Any], device_type: str) -> Plan:
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


def _weights(config: dict[str, Any]) -> dict[str, float | Schedule]:
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
