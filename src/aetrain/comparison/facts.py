"""What is known of a run's figures, what each was measured on, and of which weights."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from aetrain.comparison.settings import draws_of, settings_of
from aetrain.evaluation.interval import BESIDE, COUNT, SAMPLES
from aetrain.run import EVALUATION, EXAMPLES, KEPT, RESULTS, kept_of, read_figures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def facts_of(path: Path) -> dict[str, Any]:
    """Return all that is known of a run: figures and choices; `run` is where it is.

    A figure that was measured again takes the place of the run's own, see `newer`; where the two
    are of different weights, those of the later ones alone are told.
    """
    results, evaluation = _read_results(path), read_figures(path / EVALUATION)
    if kept_of(results) == kept_of(evaluation):
        return {**joined(results, evaluation), "run": str(path)}
    if _step(evaluation) > _step(results):
        results = {k: v for k, v in results.items() if not k.startswith("test/")}
        return {**results, **evaluation, "run": str(path)}
    return {**results, "run": str(path)}


def examples_of(path: Path) -> "dict[str, NDArray[np.float32]]":
    """Return the figures of a run's test for each example, name -> (N,).

    There are none of an older run, nor where they are not of the weights of its results.
    """
    import numpy as np  # which a table of runs does not wait for

    try:
        with np.load(path / EXAMPLES, allow_pickle=False) as found:
            each = dict(found)
    except (OSError, ValueError, BadZipFile):
        return {}
    step = each.pop(KEPT[0], None)
    return each if step == read_figures(path / RESULTS).get(KEPT[0]) else {}


def _read_results(path: Path) -> dict[str, Any]:
    results = read_figures(path / RESULTS)
    if "test/nll" in results and KEPT[0] not in results and "test/bits_per_dim" in results:
        # a version before gave those of the NLL this name
        results["test/nll_bits_per_dim"] = results.pop("test/bits_per_dim")
    return results


def _step(facts: Mapping[str, Any]) -> int:
    return facts.get(KEPT[0], -1)


def newer(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of new figures that are to take the place of older ones.

    One of fewer examples, or of as many with fewer draws, is the worse estimate of the same number
    and does not; nor does one that is no number. Errors, intervals, counts and the settings of a
    measure go with their figures.
    """
    worse = {name for name in new if name in before and _is_worse(name, new, before)}
    settings: dict[str, list[bool]] = {}
    for name in new:
        for setting in settings_of(name):
            settings.setdefault(setting, []).append(name in worse)
    worse |= {setting for setting, left_out in settings.items() if all(left_out)}
    return {name: value for name, value in new.items() if figure_of(name, new) not in worse}


def joined(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures with newer ones in their place."""
    new = newer(before, new)
    names = {figure_of(name, new) for name in new}
    rest = {name: value for name, value in before.items() if figure_of(name, before) not in names}
    return {**rest, **new}


def measured_on(facts: Mapping[str, Any], name: str) -> tuple[float, int | None]:
    """Return of how many examples a figure is, infinite for all there are, and with which draws."""
    return facts.get(f"{name}{COUNT}", math.inf), facts.get(draws_of(name))


def figure_of(name: str, facts: Mapping[str, Any]) -> str:
    """Return the figure that an error, an end of an interval or a count is of; else the name."""
    for end in (*BESIDE, SAMPLES):
        if name.endswith(end) and name.removesuffix(end) in facts:
            return name.removesuffix(end)
    return name


def is_beside(name: str, facts: Mapping[str, Any]) -> bool:
    """Return whether a name is an error's, an interval's or a count's, told with its figure."""
    return figure_of(name, facts) != name and not name.endswith(SAMPLES)


def _is_worse(name: str, new: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if _is_none(before[name]) or _is_none(new[name]):
        return _is_none(new[name]) and not _is_none(before[name])
    examples, draws = measured_on(new, name)
    examples_before, draws_before = measured_on(before, name)
    if examples != examples_before or draws is None or draws_before is None:
        return examples < examples_before
    return draws < draws_before


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
