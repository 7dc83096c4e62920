"""Figures of each example of an evaluation."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from aetrain.evaluation.tally import Report
from aetrain.objectives.terms import Weighted
from aetrain.world import World


@final
class Each:
    """Keeps what each example costs and scores, in the order of the split, in float32.

    Names are those of `Tally`'s figures: terms, `elbo`, scores and further figures; NaN where one
    is not of an example.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Tensor]] = {}

    def add(self, number: int, report: Report, extra: Mapping[str, Tensor] | None = None) -> None:
        """Add the block of this number."""
        figures: dict[str, Tensor | Weighted] = {**report.costs, **report.scores, **(extra or {})}
        if "rate" in report.costs:
            figures["elbo"] = -torch.stack(list(report.costs.values())).sum(0)
        self._blocks[number] = {name: _values(figure) for name, figure in figures.items()}

    def gathered(self, world: World) -> dict[str, Tensor]:
        """Return name -> (N,) of the blocks of all processes; every process must call this."""
        blocks = {n: block for own in world.all(self._blocks) for n, block in own.items()}
        ordered = [blocks[number] for number in sorted(blocks)]
        names = ordered[0] if ordered else {}
        return {name: torch.cat([block[name] for block in ordered]) for name in names}


def _values(figure: Tensor | Weighted) -> Tensor:
    if isinstance(figure, Weighted):
        figure = figure.cost.where(figure.weight > 0, torch.nan)
    return figure.detach().float().cpu()
