"""The jobs of a sweep, looked at before it starts."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aetrain.errors import UserErrors

BASIC = "hydra._internal.core_plugins.basic_sweeper.BasicSweeper"
"""Does every combination of the values on the command line; others choose as they go."""


def is_basic(sweeper: Mapping[str, Any]) -> bool:
    """Return whether Hydra's settings of a sweeper are those of the basic one."""
    return sweeper["_target_"] == BASIC


def alternatives(overrides: Sequence[str]) -> Iterator[list[str]]:
    """Yield the overrides with each value of a sweep in turn, the first of all others."""
    words = _values(overrides)
    yield [own[0] for own in words]
    for place, own in enumerate(words):
        for word in own[1:]:
            yield [word if i == place else other[0] for i, other in enumerate(words)]


def planned(overrides: Sequence[str]) -> list[list[str]]:
    """Return the overrides of all jobs of the basic sweeper, in its order and its words.

    Empty where it would refuse them.

    Arguments:
        overrides: of the sweep; what is said to Hydra itself is no job's.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    words = [text for text in overrides if not text.startswith(("hydra.", "hydra/"))]
    lists: dict[str, list[str]] = {}
    for override in OverridesParser.create().parse_overrides(words):
        swept = override.is_sweep_override()
        if swept and not override.is_discrete_sweep():  # another sweeper draws from it
            return []
        values = (
            override.sweep_string_iterator() if swept else [override.get_value_element_as_str()]
        )
        key = override.get_key_element()
        lists[key] = [f"{key}={value}" for value in values]
    return [list(job) for job in itertools.product(*lists.values())]


def wrong_in_all(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[str]:
    """Return what is wrong with the jobs' configurations, in a line each, where none is sound.

    Ends at the first sound one, so that a sweep waits for one composition more. Of a sweeper that
    chooses the values itself nothing is known beforehand; nor of jobs that do not compose, which
    the sweep tells itself.

    Arguments:
        overrides: of the sweep, each checked by itself.
        config_dirs: the user's directories.
    """
    lines: list[str] = []
    try:
        for job in itertools.product(*_values(overrides)):
            if not (wrong := _wrong(list(job), config_dirs)):
                return []
            lines += wrong
    except Exception:
        return []
    return list(dict.fromkeys(lines))


def _wrong(job: list[str], config_dirs: Sequence[str | Path]) -> list[str]:
    from aetrain.config.check import check_early, check_targets
    from aetrain.config.compose import compose
    from aetrain.contention import choose_spinning

    composed = compose(job, config_dirs)
    if not is_basic(composed.sweeper) or composed.sweeper.get("params"):
        return []
    try:
        config = check_early(composed.cfg, job)
        choose_spinning()
        check_targets(config)
    except UserErrors as errors:
        return errors.messages
    return []


def _values(overrides: Sequence[str]) -> list[list[str]]:
    """Return each override with every value that a sweep gives it; the last of a key counts."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import IntervalSweep

    words: dict[str, list[str]] = {}
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key, value = override.get_key_element(), override.value()
        if isinstance(value, IntervalSweep):  # of which another sweeper draws: one end for all
            words[key] = [f"{key}={value.start}"]
        elif override.is_sweep_override():
            words[key] = [f"{key}={word}" for word in override.sweep_string_iterator()]
        else:
            words[key] = [str(override.input_line)]
    return list(words.values())
