"""What a process does with a job: it assembles, fits, tests and records. Names no model."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException

from aetrain import checkpoint, hardware
from aetrain.after_training import fit_sampler, probe
from aetrain.console import Story
from aetrain.data.module import DataModule
from aetrain.errors import Interrupted, NonFiniteLoss, UserError
from aetrain.going_on import at_its_end, longer
from aetrain.job import Job, Parts, assemble
from aetrain.loggers.tensorboard import TensorBoard
from aetrain.processes import LocalEnvironment
from aetrain.results import results_of
from aetrain.review import of_run as review
from aetrain.run import Run
from aetrain.signals import ending_on_signals
from aetrain.trainer import best_cost, build_loggers, build_trainer, impatient


def assemble_job(job: Job) -> Parts:
    """Return a job's objects in a process that has nothing but its description."""
    with hardware.settings(job.float32, job.processes):
        saved = checkpoint.read(Path(job.resume)) if job.resume else None
        parts = assemble(job.config, job.choices, saved, job.device)
    parts.run = Run(Path(job.run))
    return parts


def carry_out(job: Job, environment: LocalEnvironment, parts: Parts) -> dict[str, Any]:
    """Fit, test and record in this process; return the results (empty for ranks above 0).

    Arguments:
        job: what is to be done.
        environment: this process's place among all.
        parts: the job's objects.
    """
    environment.declare()
    with hardware.settings(job.float32, job.processes), warnings.catch_warnings():
        _ignore_advice()
        try:
            return _fit_and_test(job, environment, parts)
        finally:
            gc.collect()
            if job.device == "cuda":
                torch.cuda.empty_cache()


def _fit_and_test(job: Job, environment: LocalEnvironment, parts: Parts) -> dict[str, Any]:
    model, data, run = parts.model, parts.data, parts.run
    model.card = _card(job, data)
    model.description = job.digest()
    first = environment.rank == 0
    data.configure_world(environment.rank, environment.size)
    loggers = build_loggers(job, run, parts.position.step) if first else []
    story = Story(job, parts) if first else None
    with _telling(story, parts, loggers):
        if story:
            story.plan()
            model.say = story.say
            review.begin(job, parts, loggers)
        spent = model.meter.spent
        spent.begin(job.started)
        with ending_on_signals(model):
            trainer = _fit(job, environment, parts, loggers)
            seconds = spent.fit_s
            more = fit_sampler(job, parts, trainer)
            if story and more:
                story.sampler(more)
            more |= probe(job, parts, trainer)
            trainer.test(model, datamodule=data, verbose=False)
        if story is None:
            return {}
        results = results_of(job, parts, best_cost(trainer), seconds, more)
        examples = model.evaluator.examples
        own = {f"test/{name}": x.numpy() for name, x in examples.items()}
        run.write_examples(own, parts.kept_step)
        if aside := run.write_results(results):
            story.say(f"what was evaluated of other weights is in {aside} now")
        options = longer(job.config, parts.position, model.stage, impatient(trainer))
        story.results(results, options)  # first: they must not be lost to a page that fails
        review.finish(job, parts, loggers, results, trainer.strategy.root_device)
        return results


def _card(job: Job, data: DataModule) -> dict[str, Any]:
    """Return what a checkpoint says of its run: plain containers."""
    return {
        "config": job.config,
        "choices": job.choices,
        "event": list(data.event),
        "classes": data.classes,
        "raw": None if data.raw is None else vars(data.raw).copy(),
        "float32": job.float32,
    }


@contextmanager
def _telling(story: Story | None, parts: Parts, loggers: list[Any]) -> Iterator[None]:
    """Tell the story of what fails, and close it and what was written to."""
    model, run = parts.model, parts.run
    try:
        yield
    except SystemExit:  # what Lightning makes of a second Ctrl-C
        raise (Interrupted(model.stop_signal) if model.stop_signal else SystemExit(1)) from None
    except NonFiniteLoss as error:
        kept = run.last if run.last.is_file() else "none yet"
        full = NonFiniteLoss(f"{error}; last good checkpoint: {kept}")
        if story:
            story.failed(full)
        raise full from None
    except MisconfigurationException as error:
        refusal = UserError(f"Lightning refuses this run: {' '.join(str(error).split())}")
        if story:
            story.failed(refusal)
        raise refusal from error
    except BaseException as error:
        if story:
            story.failed(error)
        raise
    finally:
        for logger in loggers:
            if isinstance(logger, TensorBoard):
                logger.close()
        if story:
            story.close()


def _fit(job: Job, environment: LocalEnvironment, parts: Parts, loggers: list[Any]) -> pl.Trainer:
    """Train the stages left, each to the weights that it keeps; return the last one's trainer."""
    model, data, run, position = parts.model, parts.data, parts.run, parts.position
    resume, stages, stood = job.resume, len(model.stages), position.step
    while True:
        trainer = build_trainer(job, environment, run, model, loggers)
        more = position.stage < stages - 1
        if not (more and position.finished):
            trainer.fit(model, datamodule=data, ckpt_path=resume, weights_only=True)
            if not model.world.agree(model):
                raise RuntimeError(
                    "the processes have trained different weights: a fault of aetrain"
                )
        best = run.best_of(position.stage, stages)
        if best.is_file() or position.finished:
            found = checkpoint.read(best if best.is_file() else run.last)
            model.take(found["state_dict"])
            parts.kept_step = found[checkpoint.CARD]["position"]["step"]
        if not more:
            if job.resume and position.step == stood:
                model.say(at_its_end(job.config, stood, impatient(trainer)))
            return trainer
        position.next_stage()
        resume = None


def _ignore_advice() -> None:
    """Leave out Lightning's advice on what is done here on purpose."""
    for module in (r"pytorch_lightning\..*", r"lightning_fabric\..*"):
        warnings.filterwarnings("ignore", category=UserWarning, module=module)
        warnings.filterwarnings("ignore", category=FutureWarning, module=module)
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=module)
