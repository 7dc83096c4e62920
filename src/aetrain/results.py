"""The record of a finished run."""

import math
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

import aetrain
from aetrain import hardware
from aetrain.evaluation.part import of_part
from aetrain.resume import DIR, KEY
from aetrain.run import KEPT, Run
from aetrain.typed import typed

if TYPE_CHECKING:
    from aetrain.job import Job, Parts

UNCHANGING = (KEY, "allow=")
"""Words with which a run goes on as it was."""


def results_of(
    job: "Job",
    parts: "Parts",
    best_cost: float,
    fit_seconds: float,
    more: Mapping[str, float],
) -> dict[str, Any]:
    """Return the flat content of results.json; nats per example where nothing else is said.

    Arguments:
        job: what was done.
        parts: with what.
        best_cost: of the validations.
        fit_seconds: time of the training, in all its parts.
        more: further figures.
    """
    model, spent = parts.model, parts.model.meter.spent
    results = {
        **_of_the_test(parts),
        **more,
        "run": job.run,
        "val/best_cost": best_cost,
        "epochs": parts.position.epochs_before + parts.position.epoch,
        "steps": parts.position.step,
        KEPT[0]: parts.kept_step,
        KEPT[1]: job.choices["sampler"],
        "latent": model.latent.numel(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "time/fit_s": fit_seconds,
        "time/first_step_s": spent.first_step_s,
        "speed/examples_per_s": spent.speed,
        **{f"choice/{group}": choice for group, choice in job.choices.items()},
        "seed": job.config["seed"],
        "command": command_of(parts.run),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "hardware": hardware.name(job.device),
        "processes": job.processes,
        "version/aetrain": aetrain.__version__,
        "version/torch": torch.__version__,
        "version/lightning": version("pytorch-lightning"),
        "version/python": platform.python_version(),
    }
    # JSON has no infinity and no NaN: a figure that is none is null
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in results.items()
    }


def _of_the_test(parts: "Parts") -> dict[str, Any]:
    """Return the figures of the run's own test, with what they were measured on."""
    evaluator = parts.model.evaluator
    figures = {k: v for k, v in evaluator.figures.items() if k.startswith("test/")}
    figures.pop("test/cost", None)
    if "test/nll" in figures:
        figures["test/nll_samples"] = evaluator.nll_samples
    return of_part(figures, evaluator.tally.examples, len(parts.data.tables["test"]))


def command_of(run: Run) -> str:
    """Return what does a run again: its first command, and those after it that changed something.

    To go on with a run that was stopped, with nothing else, changes nothing; nor does `allow`. Each
    command trains to its own end: a part that was stopped before it, and then gone on with under
    other values, is not repeated.
    """
    first, *later = run.commands()
    changes = [words for words in later if any(not w.startswith(UNCHANGING) for w in words)]
    if changes and not any(word.startswith(DIR) for word in first):
        first = [*first, f"{DIR}{run.path}"]
    return " && ".join(typed(words) for words in (first, *changes))
