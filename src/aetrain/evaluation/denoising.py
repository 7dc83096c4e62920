"""What a model says of corrupted examples."""

import torch
from torch import Tensor

from aetrain.evaluation.tally import Figure, Report


def denoising(report: Report, error: dict[str, Tensor]) -> dict[str, Figure]:
    """Return the figures of a corrupted batch, (B,) each, by the names `denoising_<figure>`.

    Arguments:
        report: of the batch {x: x̃, target: x}: costs are those of the clean x given x̃.
        error: a further figure, such as the squared error |x − r(x̃)|², where there is one.
    """
    cost = torch.stack(list(report.costs.values())).sum(0)
    figures = {**error, **report.more, **report.costs, "cost": cost}
    return {f"denoising_{name}": figure for name, figure in figures.items()}
