"""Jobs from Python: what the shell does, without the shell."""

from collections.abc import Sequence
from typing import Any

from aetrain.config.check import check_early
from aetrain.config.command import check_overrides, explained
from aetrain.config.compose import compose


def train(overrides: Sequence[str] = (), *, config_dirs: Sequence[str] = ()) -> dict[str, Any]:
    """Train one model and return its results, as `aetrain <overrides>` does in a shell.

    Arguments:
        overrides: `key=value` and `group=choice`, such as ["model=vae", "latent=2"].
        config_dirs: directories with more choices of your own.

    Returns:
        The content of results.json, and `run`, the run's directory.

    Raises:
        UserError: for anything in the overrides that can be mended, with the remedy.
    """
    from aetrain.execute import execute
    from aetrain.resume import resumed

    command = list(overrides)
    config, choices, run = resumed(command)
    if run is None:
        composed = check_overrides(command, config_dirs)
        with explained(command, config_dirs):
            composed = composed or compose(command, config_dirs)
            config, choices = check_early(composed.cfg, command), composed.choices
    return execute(config, choices, command, resume=run)
