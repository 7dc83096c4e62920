"""Lightning's trainer for a job. Whatever counts batches is ours, and translated here."""

import math
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from aetrain.autoencoder import Autoencoder
from aetrain.callbacks.checkpoint import Checkpoints
from aetrain.callbacks.early_stopping import KEY as PATIENCE
from aetrain.callbacks.early_stopping import EarlyStopping
from aetrain.callbacks.progress import ProgressLine
from aetrain.console import console
from aetrain.errors import UserError
from aetrain.making import make, make_asking
from aetrain.precision import of_lightning
from aetrain.processes import LocalEnvironment, Replicas
from aetrain.run import Run

if TYPE_CHECKING:
    from aetrain.job import Job

PASSED_ON = (
    "min_epochs",
    "max_time",
    "check_val_every_n_epoch",
    "deterministic",
    "benchmark",
    "detect_anomaly",
    "profiler",
    "num_nodes",
)
"""Arguments that Lightning and this program understand alike."""


def build_trainer(
    job: "Job",
    environment: LocalEnvironment,
    run: Run,
    model: Autoencoder,
    loggers: list[Any],
) -> pl.Trainer:
    """Return this process's trainer of the model's present stage.

    Raises:
        UserError: for what a run cannot be asked for.
    """
    config = job.config["trainer"]
    epochs = config["max_epochs"] if model.stage.epochs is None else model.stage.epochs
    return pl.Trainer(
        **{name: config[name] for name in PASSED_ON},
        max_epochs=epochs,
        precision=of_lightning(config["precision"]),
        accelerator={"cuda": "gpu"}.get(job.device, job.device),
        devices=_devices(job),
        strategy=Replicas() if environment.size > 1 else "auto",
        plugins=[environment],
        limit_train_batches=None,  # the loader limits them, in batches
        limit_val_batches=1 if config["fast_dev_run"] else config["limit_val_batches"],
        limit_test_batches=1 if config["fast_dev_run"] else config["limit_test_batches"],
        val_check_interval=calls_between_validations(config),
        num_sanity_val_steps=0,
        enable_model_summary=False,
        enable_checkpointing=True,
        enable_progress_bar=config["enable_progress_bar"],
        use_distributed_sampler=False,
        logger=loggers or False,
        callbacks=_callbacks(job, run, model),
        default_root_dir=run.path,
    )


def best_cost(trainer: pl.Trainer) -> float:
    """Return the best validation cost of a run so far."""
    return next(c.best_cost for c in trainer.checkpoint_callbacks if isinstance(c, Checkpoints))


def impatient(trainer: pl.Trainer) -> bool:
    """Return whether a run has no patience left."""
    return any(c.used_up for c in trainer.early_stopping_callbacks if isinstance(c, EarlyStopping))


def _devices(job: "Job") -> Any:
    return job.config["trainer"]["devices"] if job.device == "cuda" else job.processes


def batches_per_call(trainer: dict[str, Any]) -> int:
    """Return how many batches Lightning sees as one, dividing the validation interval."""
    if trainer["fast_dev_run"]:
        return 1
    every = trainer["val_check_interval"]
    return math.gcd(trainer["steps_per_call"], every) if every else trainer["steps_per_call"]


def calls_between_validations(trainer: dict[str, Any]) -> int | None:
    """Return the validation interval in calls, None for once an epoch."""
    every = None if trainer["fast_dev_run"] else trainer["val_check_interval"]
    return every // batches_per_call(trainer) if every else None


def build_loggers(job: "Job", run: Run, step: int) -> list[Any]:
    """Return the loggers of a run that stands at a step; Lightning's own take a `save_dir`."""
    nodes = [node for node in (job.config["logger"] or {}).values() if node]
    return [make_asking(n, {"save_dir": run.path}, path=run.path, step=step) for n in nodes]


def _callbacks(job: "Job", run: Run, model: Autoencoder) -> list[Callback]:
    """Return the callbacks; those that count come before the one that saves their counts."""
    nodes: dict[str, Any] = dict(job.config["callbacks"])
    callbacks: list[Callback] = []
    stopping = nodes.pop("early_stopping", None)
    validates = job.config["trainer"]["limit_val_batches"] != 0
    if stopping and stopping["patience"] is not None and validates:
        if stopping["patience"] < 1:
            raise UserError(
                f"{PATIENCE}={stopping['patience']}: must be at least 1,"
                " or null to never stop early"
            )
        callbacks.append(EarlyStopping(model.watches, stopping["patience"]))
    nodes.pop("review", None)  # it is no callback of Lightning's: it comes after the test
    if figures := nodes.pop("figures", None):  # null leaves them out
        callbacks.append(make(figures, path=run.figures))
    best = run.best_of(model.position.stage, len(model.stages)).name
    checkpoints = make(nodes.pop("checkpoint"), path=run.checkpoints, best=best)
    callbacks += [make(node) for node in nodes.values() if node]
    if job.config["trainer"]["enable_progress_bar"]:
        callbacks.append(ProgressLine(console))
    return [*callbacks, checkpoints]
