"""From a checked, plain configuration to objects. No model's name appears here."""

import functools
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.families import Family
from aetrain.game import Plan
from aetrain.values import BINARY, COUNTS, UNIT, Values

Config = dict[str, Any]

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
)
"""Keys of `dataset` that its `source` reads; all others are the data module's own."""


def make(node: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Instantiate a node of the configuration; lists and dicts come as plain containers.

    Raises:
        UserError: as the class raised it, without Hydra's wrapping.
    """
    try:
        made = instantiate(dict(node), *args, **kwargs, _convert_="all")
    except InstantiationException as error:
        if isinstance(error.__cause__, UserError):
            raise error.__cause__ from None
        raise
    if isinstance(made, functools.partial):
        # Hydra's partials check their target at every call; some of them are called in each step
        return functools.partial(made.func, *made.args, **made.keywords)
    return made


def make_with(node: Mapping[str, Any], *args: Any, **offered: Any) -> Any:
    """Instantiate a partial node, giving it those of the offered things that it asks for by name.

    A prior may want the encoder, a decoder the encoder that it is tied to; most want nothing.
    """
    maker = make(node)
    wanted = inspect.signature(maker.func).parameters
    return maker(*args, **{name: part for name, part in offered.items() if name in wanted})


def build_data(config: Config) -> DataModule:
    """Return the data module; nothing is read yet."""
    node = config["dataset"]
    options = {k: v for k, v in node.items() if k not in LOCATION}
    return make(options, source=make(node["source"]))


def settle_levels(config: Config, values: Values | None) -> None:
    """Give a likelihood that scores a grid the number of the data's levels, where it has none."""
    node = config["likelihood"]
    if "levels" not in node or node["levels"] is not None or values is None:
        return
    if values.levels and not values.counts:
        node["levels"] = int(values.levels)


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
    """Return the model for data of one shape, with weights drawn from the present generator."""
    latent = torch.Size((config["latent"],))
    event = torch.Size(event)
    posterior: Family = make(config["posterior"])(latent)
    likelihood: Family = make(config["likelihood"])(event)
    encoder = Conditional(make(config["network"]["encoder"]), posterior, [event])
    network = functools.partial(
        make_with, config["network"]["decoder"], encoder=encoder.network, event=event
    )
    decoder = Conditional(network, likelihood, [latent])
    prior = make_with(config["prior"], latent, encoder=encoder)
    model: Autoencoder = make(config["model"])(
        encoder=encoder,
        decoder=decoder,
        prior=prior,
        objective=make(config["objective"]["terms"]),
        samples=config["samples"],
    )
    return model


def build_plan(config: Config, device_type: str) -> Plan:
    """Return how the model is trained; the optimizer is fused where it and the device can be."""
    node = dict(config["optimizer"])
    package, _, name = str(node["_target_"]).rpartition(".")
    target = torch.optim.__dict__.get(name) if package == "torch.optim" else None
    known = () if target is None else target.__init__.__code__.co_varnames
    if "fused" in known and "fused" not in node and device_type in ("cpu", "cuda"):
        node["fused"] = True
    trainer = config["trainer"]
    return Plan(
        optimizer=make(node),
        schedule=make(config["schedule"]),
        weights={
            name: make(weight) if isinstance(weight, Mapping) else float(weight)
            for name, weight in config["objective"]["weights"].items()
        },
        clip=float(trainer["gradient_clip_val"] or 0.0),
        clip_algorithm=trainer["gradient_clip_algorithm"],
        compile=config["compile"],
    )
