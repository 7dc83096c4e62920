"""Overrides that name a directory in which nothing would come to lie."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

OWN, RUN, SWEEP = "run.dir", "hydra.run.dir", "hydra.sweep.dir"


def useless_directory(override: "Override", multirun: bool) -> str | None:
    """Return what to use instead of a directory that a run, or a sweep, takes no notice of."""
    for key, value in _settings(override):
        if key == RUN or (key == SWEEP and not multirun) or (key == OWN and multirun):
            if override.is_delete() or value in (None, "."):
                continue
            what, other = ("a sweep's jobs", SWEEP) if multirun else ("a run", OWN)
            text = str(override.input_line)
            shown = "..." if override.is_sweep_override() else value
            return f"{text}: not the directory of {what}; use {other}={shown}"
    return None


def _settings(override: "Override") -> list[tuple[str, Any]]:
    """Return key and value of an override; of `hydra.run={dir: x}` those inside."""
    key, value = override.key_or_group, override.value()
    inner = value.items() if isinstance(value, dict) else ()
    return [(key, value), *((f"{key}.{name}", v) for name, v in inner)]
