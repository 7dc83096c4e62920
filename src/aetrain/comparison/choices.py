"""What the choices of runs differ in."""

from collections.abc import Mapping, Sequence
from typing import Any

CHOICE = "choice/"
APART = ("run.", "resume", "allow", "logger", "callbacks", "hydra")
"""Keys that say where a run is and what it tells, not what it is."""
MADE_BY = ("_target_", "_partial_")


def differing(
    choices: Sequence[Mapping[str, Any]], configs: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """Return the groups and keys in which runs differ, each with the value of every run.

    Left out are keys that follow others: those that only some of the runs have belong to a choice
    that is named anyway, and network.encoder.hidden is what network.hidden says.

    Arguments:
        choices: of each run, group -> name.
        configs: of each run, flat: key -> value.
    """
    groups = {g: [c.get(g) for c in choices] for g in _names(choices)}
    told = {g: values for g, values in groups.items() if _differ(values) and not _apart(g)}
    for key in _names(configs):
        values = [config.get(key) for config in configs]
        if _apart(key) or key.rpartition(".")[2] in MADE_BY or not _differ(values):
            continue
        everywhere = all(key in config for config in configs)
        repeated = any(k.endswith(_end(key)) and told[k] == values for k in told)
        if not repeated and (everywhere or key.partition(".")[0] not in told):
            told[key] = values
    return told


def _names(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def _end(key: str) -> str:
    return key[key.rfind(".") :] if "." in key else key


def _differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values[1:])


def _apart(key: str) -> bool:
    return key.startswith(APART)
