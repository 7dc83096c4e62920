"""`ae manifold`: a trained code beside other ways to place the same data in a plane."""

from pathlib import Path

import click

from aetrain.cli import options
from aetrain.cli.shown import number as shown
from aetrain.cli.shown import print_json, print_table, watch

EPILOG = """\b
Compares the run with PCA, LDA, t-SNE, Isomap and LLE on the same examples, as the run sees them
  trustworthiness   neighbours in the placement are neighbours in the data (1 is best)
  continuity        neighbours in the data are neighbours in the placement (1 is best)
  knn_accuracy      the class of 5 neighbours' vote, five-fold cross-validation, 95 % interval
  squared_error     of examples restored from the placement, where the method can do that
  seconds           to fit and to place; for the run to encode: its training took longer
PCA and LDA are fitted to --codes training examples, the others to the examples that are shown.
Writes planes.png and table.csv.
\b
Examples
  ae manifold last
  ae manifold RUN -n 5000 -o comparison
"""


@click.command(epilog=EPILOG)
@options.run
@options.count("Examples to place, at random.", 2000, minimum=20)
@click.option(
    "--neighbours",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Of trustworthiness, continuity, Isomap and LLE.",
)
@click.option(
    "--codes",
    type=click.IntRange(min=2),
    default=10_000,
    show_default=True,
    help="Training examples for PCA and LDA.",
)
@options.split
@options.seed
@options.data
@options.as_json
@click.option("-o", "--output", type=options.PLACE, metavar="DIR", help="[default: RUN/manifold]")
@options.model
def manifold(
    run: Path,
    number: int,
    neighbours: int,
    codes: int,
    split: str,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Compare a run with PCA, LDA, t-SNE, Isomap and LLE on its own data."""
    from aetrain.cli.opened import opened
    from aetrain.cli.written import write_csv, writing

    with opened(run, device, allow) as found:
        from aetrain.data_of import chosen_rows
        from aetrain.evaluation.manifold.comparison import compared
        from aetrain.evaluation.manifold.of_run import (
            examples_of,
            gathered,
            in_plane,
            own_placements,
        )
        from aetrain.figures.planes import planes
        from aetrain.figures.saved import save
        from aetrain.precision import data_type

        model, data = found.trained.model, found.data(places)
        dtype = data_type(found.trained.config["trainer"]["precision"])
        given = gathered(data, split, chosen_rows(data, split, number, seed), dtype)
        train = gathered(data, "train", chosen_rows(data, "train", codes, seed), dtype)
        examples = examples_of(given, train, neighbours=neighbours, seed=seed)
        rows = compared(
            examples,
            own_placements(model, given.x),
            found.trained.latent.numel(),
            k=neighbours,
            watch=watch("placing"),
        )
    table = [row.figures() for row in rows]
    directory = output or found.directory / "manifold"
    write_csv(directory / "table.csv", table)
    figure = planes(
        {r.name: in_plane(p) for r in rows if (p := r.points) is not None and p.shape[1] < 3},
        given.y,
        classes=data.classes,
        title=f"{len(given.x)} {split} examples",
    )
    with writing(directory / "planes.png") as path:
        save(figure, path)
    if as_json:
        print_json({"run": str(found.directory), "output": str(directory), "methods": table})
        return
    print_table(HEADS, ([_cell(row, head) for head in HEADS] for row in table), words=["note"])
    click.echo(f"\n{directory / 'planes.png'}\n{directory / 'table.csv'}")


HEADS = (
    "method",
    "dimensions",
    "trustworthiness",
    "continuity",
    "knn_accuracy",
    "squared_error",
    "seconds",
    "note",
)


def _cell(row: dict[str, str | float | None], name: str) -> str:
    value = row[name]
    if name == "knn_accuracy" and value is not None:
        return f"{value:.3f} [{row['knn_accuracy_low']:.3f}, {row['knn_accuracy_high']:.3f}]"
    return f"{value:.4f}" if name in HEADS[2:4] and value is not None else shown(value)
