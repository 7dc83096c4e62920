"""From a composed configuration to a job, its run and its processes. Names no model."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aetrain import checkpoint, hardware
from aetrain.carrying_out import carry_out
from aetrain.config.check import check_targets
from aetrain.console import quiet
from aetrain.errors import UserError
from aetrain.going_on import require_ahead
from aetrain.job import Job, Parts, assemble
from aetrain.new_run import default_path, require_new
from aetrain.places import settle_places
from aetrain.processes import launched, refuse_tasks
from aetrain.resume import KEY
from aetrain.run import Run
from aetrain.seeding import cublas_deterministic


def execute(
    config: dict[str, Any],
    choices: Mapping[str, str],
    command: list[str],
    *,
    directory: Path | None = None,
    resume: Run | None = None,
    started: float | None = None,
) -> dict[str, Any]:
    """Check, train, test and record one job; return its results.

    Arguments:
        config: resolved and plain, its own keys checked already.
        choices: group -> name of the choice.
        command: what the user typed.
        directory: the run's directory where a sweep has made one.
        resume: the run to go on with.
        started: when the command was given.

    Raises:
        UserError: for anything the user can mend; nothing is left half-written.
        Interrupted: after a signal; the state is saved.
    """
    quiet()
    refuse_tasks(os.environ)
    check_targets(config)
    settle_places(config["dataset"])
    trainer = config["trainer"]
    device, processes = _devices(trainer)
    with ExitStack() as stack:
        if resume:  # before its checkpoint is read, which nobody is to write anew from now on
            stack.enter_context(resume.held())
        saved = checkpoint.read(resume.last) if resume else None
        _refuse_impossible(config, saved)
        if resume:  # `last` is another run by tomorrow
            command = [f"{KEY}{resume.path}" if w.startswith(KEY) else w for w in command]
        elif directory is None and config["run"]["dir"]:
            require_new(Path(config["run"]["dir"]))
        kept = saved[checkpoint.CARD]["float32"] if saved else None
        float32 = kept or hardware.float32_path(device)
        stack.enter_context(hardware.settings(float32, processes))
        parts = assemble(config, choices, saved, device)
        require_ahead(trainer, parts.position, parts.model.stages)
        run = resume or stack.enter_context(_new_run(config, choices, directory))
        parts.run = run
        job = Job(
            config=config,
            choices=dict(choices),
            run=str(run.path),
            resume=str(run.last) if resume else None,
            device=device,
            processes=processes,
            float32=float32,
            started=started or time.time(),
        )
        run.write_config(config, choices, command)
        return _with_processes(job, parts)


def _devices(trainer: Mapping[str, Any]) -> tuple[str, int]:
    """Return the kind of device and how many processes there are to be, one on each."""
    device = hardware.device_type(trainer["accelerator"])
    if device == "cpu":
        # set by Lightning; optimizers ask whether there is a GPU in each step, and this way of
        # asking takes three times as long
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    if trainer["deterministic"]:
        cublas_deterministic()
    return device, hardware.device_count(device, trainer["devices"])


def _refuse_impossible(config: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
    """Raise UserError for what a run, or one that goes on from `saved`, cannot be asked for."""
    trainer = config["trainer"]
    if trainer["num_nodes"] != 1:
        raise UserError(
            f"trainer.num_nodes={trainer['num_nodes']}: training on several machines is not"
            " supported; use trainer.devices on one"
        )
    if saved and trainer["fast_dev_run"]:
        raise UserError(
            "trainer.fast_dev_run: keeps nothing, so no run can go on with it; leave it out"
        )
    if config["resume"] and not saved:
        raise UserError(f"resume={config['resume']}: give it on the command line, without -m")


@contextmanager
def _new_run(
    config: Mapping[str, Any], choices: Mapping[str, str], directory: Path | None
) -> Iterator[Run]:
    """Make a run and hold it; one that is to keep nothing, and was made here, goes in the end."""
    chosen = directory or (Path(config["run"]["dir"]) if config["run"]["dir"] else None)
    path = chosen or default_path(choices["model"], choices["dataset"])
    run = Run.create(path, exclusive=chosen is None)
    try:
        with run.held():
            yield run
    finally:
        if config["trainer"]["fast_dev_run"] and directory is None:
            shutil.rmtree(run.path, ignore_errors=True)


def _with_processes(job: Job, parts: Parts) -> dict[str, Any]:
    file = Path(job.run) / "processes.json"
    if job.processes > 1:
        file.write_text(json.dumps(asdict(job)))
    try:
        with launched(file, job.processes) as environment:
            return carry_out(job, environment, parts)
    finally:
        file.unlink(missing_ok=True)
