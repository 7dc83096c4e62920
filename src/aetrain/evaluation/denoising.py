"""What a model says of corrupted examples."""

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor

from aetrain.evaluation.tally import Report

T = TypeVar("T")


def with_denoising(clean: Report, noisy: Report, error: dict[str, Tensor]) -> Report:
    """Return a report with the figures of the corrupted batch by the names `denoising_<figure>`.

    Arguments:
        clean: of the batch {x: x}.
        noisy: of the batch {x: x̃, target: x}: costs are those of the clean x given x̃.
        error: a further figure, (B,), the squared error |x − r(x̃)|², where there is one.
    """
    cost = torch.stack(list(noisy.costs.values())).sum(0)
    scores = {**error, **noisy.scores, **noisy.costs, "cost": cost}
    return clean._replace(
        more={**clean.more, **_named(noisy.more)}, scores={**clean.scores, **_named(scores)}
    )


def _named(figures: Mapping[str, T]) -> dict[str, T]:
    return {f"denoising_{name}": figure for name, figure in figures.items()}
