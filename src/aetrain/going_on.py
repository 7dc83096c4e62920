"""What lets a run that has come to its end go on."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aetrain.callbacks.early_stopping import KEY as PATIENCE
from aetrain.errors import UserError
from aetrain.position import Position
from aetrain.stage import Stage


def longer(
    config: Mapping[str, Any], position: Position, stage: Stage, impatient: bool
) -> list[str] | None:
    """Return the options with which a run goes on for as long again: its limits, doubled.

    Arguments:
        config: of the run.
        position: where it stands.
        stage: its last one.
        impatient: whether its patience is used up.

    Returns:
        None where nothing lets it go on; an empty list where it has no limit.
    """
    trainer, options = config["trainer"], []
    if stage.epochs is not None and position.epoch >= stage.epochs:
        return None
    if stage.epochs is None and 0 <= trainer["max_epochs"] <= position.epoch:
        options.append(_doubled("trainer.max_epochs", trainer["max_epochs"]))
    if 0 <= trainer["max_steps"] <= position.stage_step:
        options.append(_doubled("trainer.max_steps", trainer["max_steps"]))
    # a group of settings, such as {minutes: 5}, is none that a run that goes on may change
    if given := re.fullmatch(r"(\d+):(\d\d):(\d\d):(\d\d)", str(trainer["max_time"]).strip()):
        days, hours, minutes, seconds = map(int, given.groups())
        twice = 2 * timedelta(days, seconds, minutes=minutes, hours=hours)
        of_day = datetime.min + timedelta(seconds=twice.seconds)
        options.append(f"trainer.max_time={twice.days:02}:{of_day:%H:%M:%S}")
    if impatient:
        options.append(_doubled(PATIENCE, config["callbacks"]["early_stopping"]["patience"]))
    return options


def _doubled(key: str, limit: int) -> str:
    return f"{key}={max(1, 2 * limit)}"


def at_its_end(config: Mapping[str, Any], step: int, impatient: bool) -> str:
    """Say that a run that was to go on has nothing left to train, and why where it is not seen."""
    said = f"nothing left to train: the run is at its end, step {step}"
    if impatient:
        patience = config["callbacks"]["early_stopping"]["patience"]
        said += f", as its patience is used up; use a larger {PATIENCE} than {patience} to train on"
    return f"{said}; testing it"


def require_ahead(trainer: Mapping[str, Any], position: Position, stages: Sequence[Stage]) -> None:
    """Refuse limits that a run that goes on has passed.

    Arguments:
        trainer: the settings.
        position: where the run stands.
        stages: of the run.

    Raises:
        UserError: naming the limit and where the run stands.
    """
    if position.finished and position.stage < len(stages) - 1:
        return  # the next one begins anew
    steps, epochs = trainer["max_steps"], trainer["max_epochs"]
    if 0 <= steps < position.stage_step:
        raise _passed("max_steps", steps, f"at step {position.stage_step}")
    if stages[position.stage].epochs is not None:
        return
    if 0 <= epochs < position.epoch:
        raise _passed("max_epochs", epochs, f"at epoch {position.epoch}")
    if epochs == position.epoch and position.batch:
        raise _passed("max_epochs", epochs, f"in epoch {position.epoch + 1}")


def _passed(key: str, limit: int, where: str) -> UserError:
    return UserError(
        f"trainer.{key}={limit}: the run stands {where} already; use a larger number, or -1 for no"
        " limit"
    )
