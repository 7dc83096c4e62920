"""The entry point: the command `aetrain`, and `aetrain.train(...)` from Python.

Nothing slow is imported before it is needed: help, printed configurations, completion and mistakes
in the input are answered before torch is.
"""

import os
import sys
import time
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from aetrain.contention import choose_spinning
from aetrain.errors import Interrupted, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from omegaconf import DictConfig

STARTED = time.time()

FULL = "HYDRA_FULL_ERROR"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status.

    0: done; 2: something in the input can be mended, said in a line each; 1: a fault, with its
    traceback; 130: stopped by Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if any(a in ("--help", "-h") for a in arguments):
        from aetrain.config.helptext import help_text

        print(help_text(), end="")
        return 0
    if "--version" in arguments:
        from aetrain import __version__

        print(f"aetrain {__version__}")
        return 0
    # your own modules are found from where you are, as with `python -m`, but never before others
    sys.path.append(os.getcwd())
    try:
        return _run(arguments)
    except UserError as error:
        if os.environ.get(FULL) == "1":
            raise
        for line in str(error).splitlines():
            print(f"aetrain: {line}", file=sys.stderr)
        return 2
    except Interrupted as stop:
        return 128 + stop.signum
    except KeyboardInterrupt:
        return 130
    finally:
        sys.path.pop()


def _run(arguments: list[str]) -> int:
    from aetrain.config.arguments import Command
    from aetrain.config.command import check_overrides
    from aetrain.resume import require_alone, resumed

    command = Command.parse(arguments)
    if not command.tells:
        require_alone(command)
        config, choices, run = resumed(command.overrides)
        if run is not None:
            from aetrain.execute import execute

            execute(config, choices, command.overrides, resume=run, started=STARTED)
            return 0
    words = command.for_hydra()
    check_overrides(words)
    if command.multirun:
        from aetrain.sweep import sweep

        return sweep(words, _hydra)
    _hydra(words)
    return 0


def _hydra(arguments: list[str]) -> None:
    """Hand a command line to Hydra, which composes the configuration and calls `_job`.

    Arguments:
        arguments: checked, the options first.

    Raises:
        UserErrors: for whatever Hydra refuses, explained in a line each.
    """
    import hydra

    from aetrain.config.command import explained
    from aetrain.config.compose import register_resolvers
    from aetrain.sweep import JobFailed

    register_resolvers()
    wanted_trace = os.environ.get(FULL)
    argv, sys.argv = sys.argv, [sys.argv[0], *arguments]
    # Hydra then lets exceptions through, instead of printing its own account and exiting with 1
    os.environ[FULL] = "1"
    failures: list[Exception] = []

    def task(cfg: "DictConfig") -> float | None:
        # Hydra would print an account of its own for what is raised here, and end the sweep
        try:
            return _job(cfg)
        except Exception as error:
            if isinstance(error, JobFailed) and error.wanted:
                raise
            failures.append(error)
            return None

    try:
        with explained(arguments):
            hydra.main(version_base="1.3", config_path="pkg://aetrain.conf", config_name="train")(
                task
            )()
    finally:
        sys.argv = argv
        os.environ.pop(FULL)
        if wanted_trace is not None:
            os.environ[FULL] = wanted_trace
    if failures:
        raise failures[0]


def _job(cfg: "DictConfig") -> float | None:
    """Do one job; return its validation figure where a sweeper chooses by it."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from aetrain.config.check import check_early
    from aetrain.config.compose import choices_of
    from aetrain.sweep import sweep_job

    choose_spinning()
    hydra_config = HydraConfig.get()
    choices = choices_of(hydra_config)
    command = list(hydra_config.overrides.task)
    if hydra_config.mode == RunMode.MULTIRUN:
        return sweep_job(cfg, choices, command, hydra_config)
    config = check_early(cfg, command)
    from aetrain.execute import execute

    execute(config, choices, command, started=STARTED)
    return None


class _Entry(ModuleType):
    """This module, which can be called: the package has one name, `train`, for both."""

    def __call__(
        self,
        overrides: Iterable[str] | str = (),
        *,
        config_dirs: "Sequence[str | Path] | str | Path" = (),
    ) -> dict[str, Any]:
        from aetrain.api import train

        return train(overrides, config_dirs=config_dirs)


sys.modules[__name__].__class__ = _Entry
