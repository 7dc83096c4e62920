"""Going on with a run: `aetrain resume=<run> [key=value ...]`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aetrain.config.allowlist import require_allowed
from aetrain.config.arguments import Command
from aetrain.config.check import check
from aetrain.contention import choose_spinning
from aetrain.errors import UserError, did_you_mean
from aetrain.run import Run, at_work
from aetrain.runs import located

KEY, DIR = "resume=", "run.dir="
FIXED = ("seed", "latent", "model", "network", "likelihood", "posterior", "prior", "head")
"""What the weights and the order of the data depend on."""
SAMPLER = "sampler"
"""The one group that may change: it is fitted after training, and anew."""
PLACES = ("root", "path", "download", "workers", "memory_limit")
"""What may change of a data set: where it is, and how it is read."""


def require_alone(command: Command) -> None:
    """Refuse options with which no run goes on.

    Raises:
        UserError: where `resume=` is given with -m or --config-dir.
    """
    if not any(o.startswith(KEY) for o in command.overrides):
        return
    if command.multirun:
        raise UserError("resume=...: a sweep cannot go on with a run; leave out -m")
    if command.config_dirs:
        raise UserError(
            f"--config-dir={command.config_dirs[0]}: a run goes on with its own configuration;"
            " leave it out"
        )


def resumed(overrides: Sequence[str]) -> tuple[dict[str, Any], dict[str, str], Run | None]:
    """Return (configuration, choices, run) of the run that `resume=` names, else three empties.

    The configuration is the run's own, not composed anew, so that an edited choice in `conf`
    changes no old run; values in `overrides` replace its values.

    Raises:
        UserError: where there is no such run, it has no checkpoint to go on from, or a process is
            at work on it; for a key that its configuration has not, and for a directory.
    """
    named = [o.removeprefix(KEY) for o in overrides if o.startswith(KEY)]
    if not named or named[-1] == "null":
        return {}, {}, None
    if not named[-1]:
        raise UserError("resume=: names no run; use resume=RUN, or leave it out")
    if elsewhere := next((o for o in overrides if o.startswith(DIR)), None):
        raise UserError(
            f"{elsewhere}: a run goes on in its own directory; leave it out, or choose a new run"
            " without resume="
        )
    run = Run.open(located(Path(named[-1])))
    if run.is_running():
        raise at_work(run.path)
    if not run.last.is_file():
        raise UserError(
            f"{run.path}: the run has no checkpoint to go on from (checkpoints/last.ckpt);"
            " start it again without resume="
        )
    choose_spinning()
    from aetrain import checkpoint
    from aetrain.config.chosen import chosen

    card = checkpoint.read(run.last)[checkpoint.CARD]
    config, choices = card["config"], card["choices"]
    # what the run itself allowed does not count: it may be somebody else's
    config["allow"] = []
    for key, value in _parsed([o for o in overrides if not o.startswith(KEY)]):
        if key == SAMPLER:
            config[SAMPLER], choices[SAMPLER] = chosen(SAMPLER, str(value)), str(value)
        else:
            _replace(config, key, value)
    require_allowed(config, config["allow"])
    check(config)
    return config, choices, run


def _parsed(overrides: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield key and value of each override, read as on every other command line."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    for text in overrides:
        try:
            (override,) = OverridesParser.create().parse_overrides([text])
        except HydraException as error:
            raise UserError(f"{text}: is no key=value ({str(error).splitlines()[0]})") from error
        if override.is_sweep_override() or override.is_delete():
            raise UserError(f"{text}: a run that goes on takes one value for a key")
        value = override.value()
        plain = OmegaConf.to_container(OmegaConf.create({"value": value}))
        assert isinstance(plain, dict)
        yield override.key_or_group, plain["value"]


def _replace(config: dict[str, Any], key: str, value: Any) -> None:
    """Set one value of the configuration."""
    node: Any = config
    *path, last = key.split(".")
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if not isinstance(node, dict) or last not in node:
        known = list(node) if isinstance(node, dict) else list(config)
        raise UserError(
            f"{key}={value}: the run that goes on has no value '{key}'.{did_you_mean(last, known)}"
        )
    fixed = key.split(".")[0] in FIXED or (path == ["dataset"] and last not in PLACES)
    if fixed or isinstance(node[last], dict):
        raise UserError(f"{key}={value}: cannot change in a run that goes on; start a new one")
    node[last] = value
