"""What is known of a run's figures, and what each of them was measured on."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from aetrain.evaluation.interval import BESIDE, SAMPLES
from aetrain.evaluation.interval import EXAMPLES as COUNT
from aetrain.run import EVALUATION, EXAMPLES, RESULTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def facts_of(path: Path) -> dict[str, Any]:
    """Return all that is known of a run: figures and choices; `run` is where it is.

    A figure that was measured again takes the place of the run's own, see `newer`.
    """
    return {**joined(read(path / RESULTS), read(path / EVALUATION)), "run": str(path)}


def examples_of(path: Path) -> "dict[str, NDArray[np.float32]]":
    """Return the figures of a run's test for each example, name -> (N,); none of an older run."""
    import numpy as np  # which a table of runs does not wait for

    try:
        with np.load(path / EXAMPLES, allow_pickle=False) as found:
            return dict(found)
    except (OSError, ValueError, BadZipFile):
        return {}


def read(file: Path) -> dict[str, Any]:
    """Return a file's figures; none where the run has not ended, or was stopped in the midst."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {}


def newer(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of new figures that are to take the place of older ones.

    One of fewer examples, or of as many with fewer draws, is the worse estimate of the same number
    and does not. Errors, intervals and counts go with their figure.
    """
    worse = [name for name in new if name in before and _is_worse(name, new, before)]
    return {name: value for name, value in new.items() if figure_of(name, new) not in worse}


def joined(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures with newer ones in their place."""
    new = newer(before, new)
    names = {figure_of(name, new) for name in new}
    rest = {name: value for name, value in before.items() if figure_of(name, before) not in names}
    return {**rest, **new}


def measured_on(facts: Mapping[str, Any], name: str) -> tuple[float, int | None]:
    """Return of how many examples a figure is, infinite for all there are, and with which draws."""
    return facts.get(f"{name}{COUNT}", math.inf), facts.get(f"{name}{SAMPLES}")


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
    examples, draws = measured_on(new, name)
    examples_before, draws_before = measured_on(before, name)
    if examples != examples_before or draws is None or draws_before is None:
        return examples < examples_before
    return draws < draws_before
