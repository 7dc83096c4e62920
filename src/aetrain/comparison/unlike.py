"""Why the values of a figure cannot be held against one another."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from aetrain.comparison.better import better
from aetrain.comparison.facts import measured_on

OF_SAMPLES = ("sample_features", "sample_count")
MEASURED_WITH: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("probe_accuracy", "knn_accuracy", "svm_accuracy"), ("probe_codes",)),
    "spreading_accuracy": ("probe_codes",),
    **dict.fromkeys(("frechet", "kernel_distance", "copying"), OF_SAMPLES),
    **dict.fromkeys(("precision", "recall", "density", "coverage"), OF_SAMPLES),
    **dict.fromkeys(("modes_found", "modes_kl"), OF_SAMPLES),
}
"""Settings of its measure that a figure's value depends on."""


def unlike(name: str, facts: Sequence[Mapping[str, Any]]) -> str | None:
    """Return in what the runs that have a figure do not agree; None where their values compare.

    They do where they were measured on as many examples, with as many draws and the same settings,
    and the runs agree in the keys of `Better.within`.

    Arguments:
        name: of the figure, in full.
        facts: of each run: figures, and the keys of its configuration.
    """
    having = [f for f in facts if f.get(name) is not None]
    on = [measured_on(f, name) for f in having]
    if len({examples for examples, _ in on}) > 1:
        return f"of {' and '.join(dict.fromkeys(_count(examples) for examples, _ in on))} examples"
    if len({draws for _, draws in on}) > 1:
        return f"with {' and '.join(dict.fromkeys(str(draws) for _, draws in on))} draws"
    split, _, end = name.rpartition("/")
    found = better(name)
    keys = [f"{split}/{key}" for key in MEASURED_WITH.get(end, ())]
    for key in (*keys, *(() if found is None else found.within)):
        if len({str(f.get(key)) for f in having}) > 1:
            return f"{key.removesuffix('._target_')} differs"
    return None


def _count(examples: float) -> str:
    return "all" if math.isinf(examples) else f"{examples:,}"
