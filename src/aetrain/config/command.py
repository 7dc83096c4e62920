"""The command line against the configuration: checked before Hydra sees it, explained after."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aetrain.config.arguments import Command
from aetrain.errors import UserError, UserErrors

if TYPE_CHECKING:
    from aetrain.config.compose import Composed


def check_overrides(
    arguments: Sequence[str], config_dirs: Sequence[str | Path] = ()
) -> "Composed | None":
    """Check all overrides of a command line at once.

    Arguments:
        arguments: of the shell, options included; or overrides alone.
        config_dirs: more directories than `--config-dir` names.

    Returns:
        What they compose, where it is one job and Hydra has no objection.

    Raises:
        UserErrors: one line for each that is wrong.
    """
    from aetrain.config.jobs import wrong_in_all
    from aetrain.config.overrides import wrong_overrides

    command = Command.parse(arguments)
    if command.completes:  # half a word is no mistake yet
        return None
    dirs = [*command.config_dirs, *config_dirs]
    wrong = wrong_overrides(command.overrides, config_dirs=dirs, multirun=command.multirun)
    if wrong:
        raise UserErrors([*wrong, *_more(command, wrong, dirs)])
    jobs = _tried(command.overrides, dirs)
    if command.multirun and (lines := wrong_in_all(command.overrides, dirs)):
        raise UserErrors(lines)
    return jobs[0] if len(jobs) == 1 else None


def _tried(overrides: Sequence[str], dirs: Sequence[str | Path]) -> "list[Composed]":
    """Compose each alternative, which refuses code that is not Hydra's own in Hydra's settings."""
    from aetrain.config.compose import compose
    from aetrain.config.jobs import alternatives

    try:
        return [compose(job, dirs) for job in alternatives(overrides)]
    except UserError:
        raise
    except Exception:  # Hydra will say it again, and `explained` explain it
        return []


def _more(command: Command, wrong: list[str], dirs: list[str | Path]) -> list[str]:
    """Return what is wrong with the other overrides, as far as they compose without the wrong."""
    from aetrain.config.check import check_early, check_targets
    from aetrain.config.compose import compose
    from aetrain.config.files import groups

    sound = [o for o in command.overrides if not any(line.startswith(f"{o}:") for line in wrong)]
    try:
        config = check_early(compose(sound, dirs).cfg)
        # values are held against signatures, which takes the time to import torch
        if not {o.partition("=")[0] for o in sound} <= set(groups(dirs)):
            check_targets(config)
    except UserErrors as errors:
        return errors.messages
    except Exception:  # the wrong ones have been told; what follows from them is not
        return []
    return []


@contextmanager
def explained(
    arguments: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()
) -> Iterator[None]:
    """Turn what Hydra, OmegaConf and yaml raise inside into lines for the user.

    A fault of the program passes through.

    Raises:
        UserErrors: with one line for each mistake.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        from aetrain.config.compose import compose, keys
        from aetrain.config.explain import explain
        from aetrain.config.files import groups, searched

        command = Command.parse(arguments)
        dirs = searched(command.overrides, [*command.config_dirs, *config_dirs])
        lines = explain(error, command.overrides, groups(dirs), keys(compose().cfg))
        if not lines:
            raise
        raise UserErrors(lines) from error
