"""What a job is, and the objects it is made of in each process."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from aetrain import hardware
from aetrain.agreement import (
    OF_LABELS,
    check_pair,
    likelihood_support,
    require_encoder,
    settle_classes,
    settle_levels,
)
from aetrain.autoencoder import Autoencoder
from aetrain.bits import refuse_spread_masses
from aetrain.build import (
    build_average,
    build_corruption,
    build_data,
    build_model,
    build_sampler,
)
from aetrain.checkpoint import CARD
from aetrain.config.wording import shown
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.evaluator import Evaluator
from aetrain.evaluation.measures import require_classes
from aetrain.foreign import require_packages, try_callbacks
from aetrain.memory import enough_memory
from aetrain.meter import Meter
from aetrain.optimizing import optimizer_of
from aetrain.planning import build_plan
from aetrain.position import Position
from aetrain.precision import in_precision, require_epsilon
from aetrain.recorder import refusal, require_recordable
from aetrain.run import Run
from aetrain.samplers.sampler import Sampler
from aetrain.seeding import seed_process
from aetrain.spent import Spent
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
        started: when, in seconds of the clock.
    """

    config: dict[str, Any]
    choices: dict[str, str]
    run: str
    resume: str | None
    device: str
    processes: int
    float32: str
    started: float = field(default_factory=time.time)

    def digest(self) -> str:
        """Return the SHA-256 of this description, the same for the same job in every process."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass
class Parts:
    """The objects of a job in one process.

    Attributes:
        terms: names of the costs of all stages.
        kept_step: batches that the weights which are tested had been trained on.
    """

    model: Autoencoder
    data: DataModule
    position: Position
    run: Run
    sampler: Sampler | None = None
    terms: Sequence[str] = ()
    kept_step: int = 0


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
    trainer = config["trainer"]
    require_packages(config["logger"])
    plan = build_plan(config, device)
    require_epsilon(plan.optimizer, trainer["precision"])
    data = build_data(config)
    _expect(config, data, choices)
    # what does not go together is refused before anything is read, wherever the shape is known
    expected = data.source.event
    known = (expected, *_settled(config))
    made = None if expected is None else _make(config, expected)
    _read(config, data, choices)
    if made is None or (data.event, *_settled(config)) != known:
        made = _make(config, data.event)
    model, sampler = made
    _require_codes(config["evaluation"]["probe"], data, model)
    if sampler is not None:
        sampler.require(len(data.tables["train"]))
    position = Position() if saved is None else Position(**saved[CARD]["position"])
    _arrange(config, data, position)
    _require_blocks(config, data, hardware.device_count(device, trainer["devices"]))
    _equip(config, model, data)
    # older checkpoints do not know what was spent
    spent = Spent.after(saved[CARD].get("spent")) if saved else Spent()
    model.meter = Meter(trainer["log_every_n_steps"], spent)
    model.position, model.plan = position, plan
    model.require(data)
    if trainer["cuda_graph"]:
        _require_recordable(trainer, model, data, device)
    batch = data.first("train", 2, torch.device("cpu"))
    less = f"smaller samples, now {config['samples']}, or {_smaller(config)}"
    with enough_memory("a batch of two examples", less):
        terms = try_out(model, {**batch, "x": batch["x"].to(model.dtype)})
    try_callbacks(config, model, data, device)
    return Parts(model, data, position, Run(Path()), sampler, terms)


def _expect(config: dict[str, Any], data: DataModule, choices: Mapping[str, str]) -> None:
    """Settle what is known of data that are still to be read, and refuse what is wrong with it."""
    refuse_spread_masses(config)
    data.suit(likelihood_support(config))
    build_corruption(config["corruption"], data.values)
    settle_levels(config, data.values)
    # of the levels just settled, not of those a likelihood has where nothing is known
    check_pair(likelihood_support(config), data.values, choices)


def _read(config: dict[str, Any], data: DataModule, choices: Mapping[str, str]) -> None:
    """Read the data, and settle what only they can tell."""
    data.load(likelihood_support(config))
    settle_levels(config, data.values_seen())
    settle_classes(config, data.classes_seen(), choices.get("dataset", "?"))
    check_pair(likelihood_support(config), data.values_seen(), choices)
    data.corruption = build_corruption(config["corruption"], data.values_seen())
    config["dataset"]["binarize"] = data.binarize_chosen


def _make(config: dict[str, Any], event: torch.Size) -> tuple[Autoencoder, Sampler | None]:
    seed_process(config["seed"])
    # its own from the start, or a checkpoint of doubles would be rounded when restored
    with enough_memory("the model", _smaller(config)):
        model = in_precision(build_model(config, event), config["trainer"]["precision"])
    require_encoder(model, config)
    return model, build_sampler(config["sampler"], model)


def _smaller(config: Mapping[str, Any]) -> str:
    """Return what may be smaller where a model is too large."""
    hidden = config["network"].get("hidden")
    network = "network" if hidden is None else f"network.hidden, now {shown(hidden)}"
    return f"a smaller latent, now {config['latent']}, or {network}"


def _require_recordable(
    trainer: Mapping[str, Any], model: Autoencoder, data: DataModule, device: str
) -> None:
    """Refuse to record steps where that cannot be done."""
    if device != "cuda" or hardware.device_count(device, trainer["devices"]) != 1:
        raise refusal("takes one NVIDIA GPU")
    if trainer["precision"] == "16-mixed":
        raise refusal("takes no trainer.precision=16-mixed: use bf16-mixed")
    if trainer["detect_anomaly"]:
        raise refusal("takes no trainer.detect_anomaly, which waits for each gradient")
    if trainer["log_every_n_steps"] == 1:
        raise refusal("repeats no step of which a line is logged: use trainer.log_every_n_steps=50")
    players = model.players()
    optimizers = {name: optimizer_of(player, model.plan) for name, player in players.items()}
    require_recordable(model, optimizers, data)


def _require_codes(number: int, data: DataModule, model: Autoencoder) -> None:
    """Refuse to classify codes where there are no classes, or no codes."""
    if not number:
        return
    require_classes(data, f"evaluation.probe={number}", "set evaluation.probe=0")
    if not model.encodes:
        raise UserError(
            f"evaluation.probe={number}: this model has no encoder, so there are no codes to"
            " classify: set evaluation.probe=0"
        )


def _arrange(config: Mapping[str, Any], data: DataModule, position: Position) -> None:
    """Say in which order, and how many together, examples come."""
    trainer, quick = config["trainer"], config["trainer"]["fast_dev_run"]
    data.configure(
        seed=config["seed"],
        position=position,
        per_call=batches_per_call(trainer),
        limit_batches=1 if quick else trainer["limit_train_batches"],
    )
    every, batches = trainer["val_check_interval"], data.train_dataloader().batches
    if every and every > batches and not quick:
        raise UserError(
            f"trainer.val_check_interval={every}: an epoch has only {batches} batches; use"
            " trainer.check_val_every_n_epoch"
        )


def _require_blocks(config: Mapping[str, Any], data: DataModule, processes: int) -> None:
    """Refuse a share of an evaluation that is less than one of its blocks."""
    size = config["dataset"]["eval_batch_size"]
    for key, split in (("limit_val_batches", "valid"), ("limit_test_batches", "test")):
        share = config["trainer"][key]
        blocks = -(-len(data.tables[split]) // (size * processes))
        if isinstance(share, float) and 0 < share < 1 and int(share * blocks) < 1:
            raise UserError(
                f"trainer.{key}={share}: is less than one block, as there {_are(blocks)} of"
                f" dataset.eval_batch_size={size} for each process: use trainer.{key}=1 for one"
                " block, or smaller blocks"
            )


def _are(blocks: int) -> str:
    return "is 1" if blocks == 1 else f"are {blocks}"


def _equip(config: Mapping[str, Any], model: Autoencoder, data: DataModule) -> None:
    """Give a model what its training and its evaluations go by."""
    trainer = config["trainer"]
    model.seed, model.max_steps = config["seed"], trainer["max_steps"]
    model.evaluator = Evaluator(config["evaluation"]["nll_samples"])
    model.records = trainer["cuda_graph"]
    model.denoises = data.corruption is not None
    model.averaged_weights = build_average(trainer["ema_decay"], model)
