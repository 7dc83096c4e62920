"""The page of `ae compare`: the table, and what the models make of the same examples and seeds."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from aetrain.cli.opened import Opened, opened
from aetrain.cli.shown import number as worded
from aetrain.figures.curves import curves
from aetrain.figures.rows import named_rows
from aetrain.figures.tiles import is_image
from aetrain.page import Cell, Page
from aetrain.player import Batch
from aetrain.seeding import EVALUATE, SAMPLE, seed_torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from aetrain.cli.comparing import Comparison

EXAMPLES = "examples"


def page_of(
    comparison: "Comparison",
    *,
    number: int,
    seed: int,
    places: Sequence[str],
    device: str,
    allow: Sequence[str],
) -> Page:
    """Return the page of a comparison.

    Arguments:
        comparison: of runs.
        number: samples and reconstructions of each run.
        seed: of the samples; the examples are the first of the test.
        places: where the data are now, KEY=VALUE.
        device: where to compute.
        allow: packages that the runs' configurations may name.
    """
    page = Page(f"{len(comparison.runs)} runs beside each other")
    page.points(f"{run.name}: {run.path}" for run in comparison.runs)
    _choices(page, comparison)
    _figures(page, comparison)
    samples: dict[str, Tensor] = {}
    restored: dict[str, Tensor] = {}
    for run in comparison.runs:
        with opened(run.path, device, allow) as found:
            batch = found.data(places).first("test", number, found.trained.model.device)
            samples[run.name] = _sampled(found, number, seed)
            if found.trained.model.encodes:
                restored.setdefault(EXAMPLES, batch["x"].float().cpu())
                restored[run.name] = _restored(found, batch, seed)
    page.heading("Samples")
    page.pictures(_drawn(samples, f"decodes of codes that are drawn with seed {seed}"))
    if restored:
        page.heading("Reconstructions")
        page.pictures(_drawn(restored, f"the first {number} test examples"))
    return page


def _choices(page: Page, comparison: "Comparison") -> None:
    page.heading("What differs")
    if not comparison.differs:
        page.paragraph("Nothing in their choices.")
        return
    rows = [[key, *map(worded, values)] for key, values in comparison.differs.items()]
    page.table(["", *comparison.names], rows)


def _figures(page: Page, comparison: "Comparison") -> None:
    from aetrain.cli.comparing import gap, not_compared, shown

    page.heading("Figures")

    def row_of(row: Any) -> list[str | Cell]:
        return [
            Cell(row.name, note="" if row.better is None else f"{row.better.way} is better"),
            *(
                Cell(shown(row, i), "best" if i in row.best else "", gap(row, i) or "")
                for i in range(len(row.values))
            ),
        ]

    page.table(
        ["", *comparison.names],
        map(row_of, comparison.shown),
        "± is one standard error. Marked are the best value of a row, where one end is better and"
        " the values compare, and those within two standard errors of it. Small: the difference to"
        " the first run, with the error of the differences example by example where the runs kept"
        " their examples' figures, else as if the two were independent.",
    )
    page.points(not_compared(comparison))


@torch.no_grad()
def _sampled(run: Opened, number: int, seed: int) -> Tensor:
    """Return samples (N, *event); of a conditional model, of its classes in turn."""
    model = run.trained.model
    seed_torch(model.device, SAMPLE, seed)
    if (conditioning := model.conditioning) is None:
        return model.sample(number).mean.float().cpu()
    classes = torch.arange(number, device=model.device) % conditioning.classes
    return model.sample(number, classes).mean.float().cpu()


@torch.no_grad()
def _restored(run: Opened, batch: Batch, seed: int) -> Tensor:
    model = run.trained.model
    seed_torch(model.device, EVALUATE, seed)
    with model.conditioned(batch):
        return model.reconstruct(batch["x"].to(model.dtype)).float().cpu()


def _drawn(rows: dict[str, Tensor], title: str) -> "Iterator[tuple[Figure, str]]":
    """Yield one picture of all rows of images, or one of each row of other events."""
    first = next(iter(rows.values()))
    if is_image(first.shape[1:]):
        yield named_rows(rows, title=""), title
        return
    examples = rows.get(EXAMPLES)
    for name, x in rows.items():
        if name != EXAMPLES:
            pair = {name: x} if examples is None else {EXAMPLES: examples, name: x}
            yield curves(pair, title=name), f"{name}: {title}"
