"""Jobs from Python: what the shell does, without the shell."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aetrain.config.check import check_early
from aetrain.config.command import check_overrides, explained
from aetrain.config.compose import compose
from aetrain.errors import UserError


def train(
    overrides: Iterable[str] | str = (), *, config_dirs: Sequence[str | Path] | str | Path = ()
) -> dict[str, Any]:
    """Train one model and return its results, as `aetrain <overrides>` does in a shell.

    Arguments:
        overrides: `key=value` and `group=choice`, such as ["model=vae", "latent=2"]; a string is
            one of them.
        config_dirs: directories with more choices of your own, or one.

    Returns:
        The content of results.json, and `run`, the run's directory.

    Raises:
        UserError: for anything in the overrides that can be mended, with the remedy.
    """
    from aetrain.execute import execute
    from aetrain.resume import resumed

    command = _words(overrides)
    config_dirs = [config_dirs] if isinstance(config_dirs, str | Path) else config_dirs
    config, choices, run = resumed(command)
    if run is None:
        composed = check_overrides(command, config_dirs)
        with explained(command, config_dirs):
            composed = composed or compose(command, config_dirs)
            config, choices = check_early(composed.cfg, command), composed.choices
    return execute(config, choices, command, resume=run)


def _words(overrides: Iterable[str] | str) -> list[str]:
    """Return overrides as a list; raise UserError where they are something else."""
    given: Any = [overrides] if isinstance(overrides, str) else overrides
    words: list[Any] = [given]
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        words = list(given)
    if not all(isinstance(word, str) for word in words):
        raise UserError(
            f"train({overrides!r}): must be a list of key=value, such as"
            " train(['model=vae', 'latent=2'])"
        )
    return words
