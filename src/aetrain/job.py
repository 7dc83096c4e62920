"""What a job is, and the objects it is made of in each process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from aetrain.autoencoder import Autoencoder
from aetrain.build import (
    OF_LABELS,
    build_average,
    build_corruption,
    build_data,
    build_model,
    build_plan,
    build_sampler,
    check_pair,
    likelihood_support,
    require_encoder,
    settle_classes,
    settle_levels,
)
from aetrain.checkpoint import CARD
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.evaluator import Evaluator
from aetrain.evaluation.measures import require_classes
from aetrain.meter import Meter
from aetrain.position import Position
from aetrain.precision import in_precision, require_epsilon
from aetrain.run import Run
from aetrain.samplers.sampler import Sampler
from aetrain.seeding import seed_process
from aetrain.trainer import batches_per_call
from aetrain.trial import try_out


@dataclass(frozen=True)
class Job:
    """All that a process needs to know of a job; plain, so that it can be handed on as a file.

    Attributes:
        config: the resolved configuration.
        choices: group -> name of the choice.
        run: the run's directory.
        resume: the checkpoint to go on from, or None.
        device: cpu, cuda or mps.
        processes: how many train together.
        float32: torch's name of the matrix path.
        command: what the user typed.
        started: when, in seconds of the clock.
    """

    config: dict[str, Any]
    choices: dict[str, str]
    run: str
    resume: str | None
    device: str
    processes: int
    float32: str
    command: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.time)


@dataclass
class Parts:
    """The objects of a job in one process."""

    model: Autoencoder
    data: DataModule
    position: Position
    run: Run
    sampler: Sampler | None = None


def _settled(config: Mapping[str, Any]) -> Sequence[Any]:
    """Return what a model is made of that only the data may tell."""
    classes = [config[group].get("classes") for group in OF_LABELS]
    return [config["likelihood"].get("levels"), *classes]


def assemble(
    config: dict[str, Any],
    choices: Mapping[str, str],
    saved: Mapping[str, Any] | None,
    device: str,
) -> Parts:
    """Build data and model, and try the model on two examples; nothing is written."""
    seed, trainer = config["seed"], config["trainer"]
    plan = build_plan(config, device)
    require_epsilon(plan.optimizer, trainer["precision"])
    data = build_data(config)
    data.suit(likelihood_support(config))
    build_corruption(config["corruption"], data.values)  # what is wrong with it is said now
    settle_levels(config, data.values)
    support = likelihood_support(config)
    check_pair(support, data.values, choices)

    def build(event: torch.Size) -> tuple[Autoencoder, Sampler | None]:
        seed_process(seed)
        # its own from the start, or a checkpoint of doubles would be rounded when restored
        model = in_precision(build_model(config, event), trainer["precision"])
        require_encoder(model, config)
        return model, build_sampler(config["sampler"], model)

    # what does not go together is refused before anything is read, wherever the shape is known
    expected = data.source.event
    known = (expected, *_settled(config))
    made = None if expected is None else build(expected)
    data.load(support)
    settle_levels(config, data.values_seen())
    settle_classes(config, data.classes_seen(), choices.get("dataset", "?"))
    check_pair(likelihood_support(config), data.values_seen(), choices)
    data.corruption = build_corruption(config["corruption"], data.values_seen())
    if codes := config["evaluation"]["probe"]:
        require_classes(data, f"evaluation.probe={codes}", "set evaluation.probe=0")
    config["dataset"]["binarize"] = data.binarize_chosen
    if made is None or (data.event, *_settled(config)) != known:
        made = build(data.event)
    model, sampler = made
    if codes and not model.encodes:
        raise UserError(
            f"evaluation.probe={codes}: this model has no encoder, so there are no codes to"
            " classify: set evaluation.probe=0"
        )
    if sampler is not None:
        sampler.require(len(data.tables["train"]))
    position = Position()
    if saved is not None:
        position = Position(**saved[CARD]["position"])
    data.configure(
        seed=seed,
        position=position,
        per_call=batches_per_call(trainer),
        limit_batches=1 if trainer["fast_dev_run"] else trainer["limit_train_batches"],
    )
    every, batches = trainer["val_check_interval"], data.train_dataloader().batches
    if every and every > batches and not trainer["fast_dev_run"]:
        raise UserError(
            f"trainer.val_check_interval={every}: an epoch has only {batches} batches; use"
            " trainer.check_val_every_n_epoch"
        )
    model.position, model.seed = position, seed
    model.max_steps = config["trainer"]["max_steps"]
    model.evaluator = Evaluator(config["evaluation"]["nll_samples"])
    model.meter = Meter(config["trainer"]["log_every_n_steps"])
    model.denoises = data.corruption is not None
    model.plan = plan
    model.averaged_weights = build_average(trainer["ema_decay"], model)
    model.require(data)
    batch = data.first("train", 2, torch.device("cpu"))
    try_out(model, {**batch, "x": batch["x"].to(model.dtype)})
    return Parts(model, data, position, Run(Path()), sampler)
