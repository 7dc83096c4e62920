"""The command line against the configuration: checked before Hydra sees it, explained after."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aetrain.config.arguments import Command
from aetrain.errors import UserError, UserErrors


def check_overrides(arguments: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> None:
    """Check all overrides of a command line at once.

    Arguments:
        arguments: of the shell, options included; or overrides alone.
        config_dirs: more directories than `--config-dir` names.

    Raises:
        UserErrors: one line for each that is wrong.
    """
    from aetrain.config.compose import compose
    from aetrain.config.overrides import wrong_overrides

    command = Command.parse(arguments)
    if command.completes:  # half a word is no mistake yet
        return
    dirs = [*command.config_dirs, *config_dirs]
    wrong = wrong_overrides(command.overrides, config_dirs=dirs, multirun=command.multirun)
    if wrong:
        raise UserErrors([*wrong, *_more(command, wrong, dirs)])
    for overrides in _alternatives(command):
        try:
            compose(overrides, dirs)
        except UserError:  # code that is not Hydra's own in Hydra's settings
            raise
        except Exception:  # Hydra will say it again, and `explained` explain it
            return


def _alternatives(command: Command) -> Iterator[list[str]]:
    """Yield the overrides with each value of a sweep in turn, the first of all others."""
    values = [
        text.partition("=")[2].split(",") if command.multirun and "[" not in text else [text]
        for text in command.overrides
    ]
    words = [
        [f"{text.partition('=')[0]}={value}" for value in own] if len(own) > 1 else [text]
        for text, own in zip(command.overrides, values, strict=True)
    ]
    yield [own[0] for own in words]
    for place, own in enumerate(words):
        for word in own[1:]:
            yield [word if i == place else other[0] for i, other in enumerate(words)]


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
