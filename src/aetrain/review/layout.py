"""The order in which TensorBoard's custom scalars show the curves of a run."""

import re
from collections.abc import Mapping, Sequence

Charts = Mapping[str, Sequence[object]]
BOTH = "(train|val|test)/"

BESIDE: Mapping[str, str] = {
    "losses of the players": "train/(.*_)?loss$",
    "examples per second": "speed/examples_per_s$",
}
TRAINING: Mapping[str, str] = {
    "norms of gradients": "optimizer/.*gradient_norm$",
    "learning rates": "optimizer/.*_lr$",
    "weights of terms": "weight/.*",
    "rate of each dimension": "val_rate/.*",
}


def layout_of(terms: Sequence[str]) -> dict[str, Charts]:
    """Return categories of charts, each with a pattern of its curves, for `add_custom_scalars`.

    TensorBoard shows the union of what all runs ask for, so what is the same has the same name.

    Arguments:
        terms: names of the costs of all stages.
    """
    names = list(dict.fromkeys(terms))
    bound = ["elbo"] if {"rate", "distortion"} <= {*names} else []
    story = {name: f"{BOTH}{re.escape(name)}$" for name in [*bound, *names]}
    return {"costs": _charts({**story, **BESIDE}), "training": _charts(TRAINING)}


def _charts(patterns: Mapping[str, str]) -> Charts:
    return {title: ["Multiline", [pattern]] for title, pattern in patterns.items()}
