"""What a run tells TensorBoard of itself when it begins and when it has been tested."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from aetrain.evaluation.interval import BESIDE, SAMPLES
from aetrain.loggers.tensorboard import TensorBoard
from aetrain.making import make
from aetrain.review.review import Finished, Review
from aetrain.writing import cannot_write

if TYPE_CHECKING:
    from aetrain.job import Job, Parts

COMMON = ("elbo", "distortion", "rate", "nll", "bits_per_dim", "active_units")
"""Figures that most models have. Of all runs that it shows, TensorBoard takes the columns of one,
so these are columns also where that one has not all of them."""


def begin(job: "Job", parts: "Parts", loggers: Sequence[Any]) -> None:
    """Declare the hyperparameters, and lay out the curves of a run that is new."""
    for logger in loggers:
        logger.log_hyperparams(hyperparameters(job))
    review = _review(job)
    if review is None or job.resume:
        return
    for log in _tensorboards(loggers):
        review.begin(log.experiment, parts.terms)


def finish(
    job: "Job",
    parts: "Parts",
    loggers: Sequence[Any],
    results: dict[str, Any],
    device: torch.device,
) -> None:
    """Say which figures are final, and add the pages; those of an earlier end are replaced.

    Raises:
        UserError: where they cannot be written.
    """
    if job.config["trainer"]["fast_dev_run"]:
        return
    review = _review(job)
    finished = Finished(parts.run, job.config, parts.model.to(device).eval(), parts.data, results)
    try:
        for log in _tensorboards(loggers):
            with log.conclusion(hyperparameters(job), final_figures(results)) as writer:
                if review is not None:
                    review.finish(writer, finished, device)
    except OSError as error:
        raise cannot_write(parts.run.path, error) from error


def hyperparameters(job: "Job") -> dict[str, Any]:
    """Return the choices and main numbers of a run."""
    config = job.config
    numbers: dict[str, Any] = {key: config[key] for key in ("seed", "latent", "samples")}
    numbers["lr"] = config["optimizer"].get("lr")
    numbers["batch_size"] = config["dataset"]["batch_size"]
    numbers["beta"] = config["objective"].get("beta")
    chosen = {k: v for k, v in job.choices.items() if k not in ("callbacks", "logger")}
    return {**chosen, **{k: v for k, v in numbers.items() if v is not None}}


def final_figures(results: dict[str, Any]) -> list[str]:
    """Return the names of the test's figures without errors and intervals, common ones first."""
    beside = (*BESIDE, SAMPLES)
    own = [name for name in results if name.startswith("test/") and not name.endswith(beside)]
    return list(dict.fromkeys([*(f"test/{name}" for name in COMMON), *own]))


def _review(job: "Job") -> Review | None:
    """Return what is asked for; null, or a run that was begun without, has none."""
    node = job.config["callbacks"].get("review")
    return None if not node else make(node)


def _tensorboards(loggers: Sequence[Any]) -> list[TensorBoard]:
    return [logger for logger in loggers if isinstance(logger, TensorBoard)]
