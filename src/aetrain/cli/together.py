"""Measures that `ae evaluate` takes of several runs together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.cli.shown import watch
from aetrain.comparison.same_data import differs
from aetrain.errors import UserError

if TYPE_CHECKING:
    from aetrain.cli.opened import Opened
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
    first, part = None, (0, 0)
    for path in paths:
        with opened(path, device, allow) as run:
            from aetrain.data_of import chosen_rows
            from aetrain.evaluation.disentanglement.of_runs import coded

            first = first or run
            _require_alike(first, run)
            data = first.data(places)
            rows = chosen_rows(data, split, number, seed)
            part = len(rows), len(data.tables[split])
            found.append(coded(run.trained.model, data, split, rows, watch(run.name), seed))
    from aetrain.evaluation.disentanglement.of_runs import of_ranking
    from aetrain.evaluation.part import of_part

    return [
        {f"{split}/{k}": v for k, v in of_part(figures, *part).items()}
        for figures in of_ranking(found)
    ]


def _require_alike(first: "Opened", run: "Opened") -> None:
    """Refuse a run on examples of another kind, or from another source, than those of the first."""
    if run.trained.event != first.trained.event:
        raise UserError(
            f"--measure udr: {run.name} takes examples of the shape {tuple(run.trained.event)}, and"
            f" {first.name} of {tuple(first.trained.event)}; use runs on the same data"
        )
    own, wanted = (r.trained.config["dataset"]["source"] for r in (run, first))
    if (name := differs(own, wanted)) is not None:
        raise UserError(
            f"--measure udr: dataset.source.{name} of {run.name} is {own.get(name)}, and of"
            f" {first.name} {wanted.get(name)}; use runs on the same data"
        )
