"""Measures that `ae evaluate` takes of several runs together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.cli.shown import watch
from aetrain.errors import UserError

if TYPE_CHECKING:
    from aetrain.evaluation.disentanglement.ranking import Coded


def ranked(
    paths: Sequence[Path],
    places: Sequence[str],
    *,
    split: str,
    device: str,
    allow: Sequence[str],
    number: int | None,
    seed: int,
) -> list[dict[str, Any]]:
    """Return for each run the figures of `udr`; all are given the examples of the first.

    Raises:
        UserError: where there is but one run, or they are not of the same kind of examples.
    """
    from aetrain.cli.opened import opened

    if len(paths) < 2:
        raise UserError(
            "--measure udr: judges runs by one another: use two runs or more, such as those of a"
            " sweep over seed"
        )
    found: list[Coded] = []
    first = None
    for path in paths:
        with opened(path, device, allow) as run:
            from aetrain.data_of import chosen_rows
            from aetrain.evaluation.disentanglement.of_runs import coded

            if first is None:
                first = run
            if run.trained.event != first.trained.event:
                raise UserError(
                    f"--measure udr: {run.name} takes examples of the shape"
                    f" {tuple(run.trained.event)}, and {first.name} of"
                    f" {tuple(first.trained.event)}; use runs on the same data"
                )
            data = first.data(places)
            rows = chosen_rows(data, split, number, seed)
            found.append(coded(run.trained.model, data, split, rows, watch(run.name)))
    from aetrain.evaluation.disentanglement.of_runs import of_ranking

    return [{f"{split}/{k}": v for k, v in figures.items()} for figures in of_ranking(found)]
