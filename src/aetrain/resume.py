"""Going on with a run: `aetrain resume=<run> [key=value ...]`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from aetrain.config.allowlist import require_allowed
from aetrain.errors import UserError, did_you_mean
from aetrain.run import Run

KEY = "resume="


def resumed(overrides: Sequence[str]) -> tuple[dict[str, Any], dict[str, str], Run | None]:
    """Return (configuration, choices, run) of the run that `resume=` names, else three empties.

    The configuration is the run's own, not composed anew, so that an edited choice in `conf`
    changes no old run; values in `overrides` replace its values.

    Raises:
        UserError: where there is no such run, or it has no checkpoint to go on from; for a key
            that its configuration has not.
    """
    named = [o.removeprefix(KEY) for o in overrides if o.startswith(KEY)]
    if not named or named[-1] in ("", "null"):
        return {}, {}, None
    run = Run.open(Path(named[-1]))
    if not run.last.is_file():
        raise UserError(
            f"{run.path}: the run has no checkpoint to go on from (checkpoints/last.ckpt);"
            " start it again without resume="
        )
    from aetrain import checkpoint
    from aetrain.autoencoder import CARD

    card = checkpoint.read(run.last)[CARD]
    config, choices = card["config"], card["choices"]
    for override in overrides:
        if not override.startswith(KEY):
            _replace(config, override)
    # what the run itself allowed does not count: it may be somebody else's
    require_allowed(config, _allowed(overrides))
    return config, choices, run


def _allowed(overrides: Sequence[str]) -> list[str]:
    """Return what the command line itself allows, `allow=[package, ...]`."""
    named = [o.removeprefix("allow=") for o in overrides if o.startswith("allow=")]
    return list(yaml.safe_load(named[-1])) if named else []


def _replace(config: dict[str, Any], override: str) -> None:
    """Set one value of the configuration."""
    key, equals, text = override.lstrip("+").partition("=")
    node: Any = config
    *path, last = key.split(".")
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if not equals or not isinstance(node, dict) or last not in node:
        known = list(node) if isinstance(node, dict) else list(config)
        raise UserError(
            f"{override}: the run that goes on has no value '{key}'.{did_you_mean(last, known)}"
        )
    if (isinstance(node[last], dict) and "_target_" in node[last]) or key in ("seed", "latent"):
        raise UserError(f"{override}: cannot change in a run that goes on; start a new one")
    node[last] = yaml.safe_load(text)
