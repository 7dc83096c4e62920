"""`ae search`: the examples that a model holds for most alike."""

from pathlib import Path
from typing import Any

import click

from aetrain.cli import options
from aetrain.cli.shown import number as shown
from aetrain.cli.shown import print_json, print_table
from aetrain.figures.saved import PICTURES, is_picture

EPILOG = f"""\b
{options.DATA}
QUERY is the same, of one row or of several, and is not found itself where DATA holds it under the
same name. Without DATA the training's examples are searched. Where there are labels, the share of
those found that have the query's is told, its mean over all queries.
\b
Distances
  euclidean  of codes, the means of q(z|x), or of pixels
  cosine     1 - cos of the angle, from 0 to 2
  hamming    bits that differ, of a run with posterior=bernoulli; a bit is a mean above 0.5
\b
Examples
  ae search last test:7
  ae search RUN photo.png album.zip -n 20 -o alike.png
  ae search RUN test train --metric cosine -o found.csv
"""

METRICS = ("euclidean", "cosine", "hamming")
"""The keys of `evaluation.search.METRICS`, which must not be imported for a help text."""
KINDS = (*PICTURES, ".csv", ".json")
SHOWN = 20
"""Lines of the table on the terminal."""


@click.command(epilog=EPILOG)
@options.run
@click.argument("query", type=click.Path())
@click.argument("data", nargs=-1, type=click.Path())
@options.count("Nearest neighbours of each query.", 10)
@click.option(
    "--by",
    type=click.Choice(["codes", "pixels"]),
    default="codes",
    show_default=True,
    help="What is compared: codes, or the examples as the model sees them.",
)
@click.option("--metric", type=click.Choice(METRICS), default="euclidean", show_default=True,
              help="What is near.")  # fmt: skip
@options.condition
@options.scaled
@options.label
@options.seed
@options.data
@options.as_json
@options.output("A .png, .pdf, .svg, .csv or .json file.", "RUN/figures/ae_search.png")
@options.model
def search(
    run: Path,
    query: str,
    data: tuple[str, ...],
    number: int,
    by: str,
    metric: str,
    condition: str | None,
    scaled: bool,
    label: str | None,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Find the nearest neighbours of examples among others, by their codes."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.given import given
        from aetrain.cli.searching import Search, require_few
        from aetrain.cli.sink import check_sink

        path = output or found.directory / "figures" / "ae_search.png"
        check_sink(path, KINDS, folder=False)
        own: dict[str, Any] = {"seed": seed, "scaled": scaled, "label": label, "places": places}
        asked, among = (given(w, found, **own) for w in ((query,), data or ("train",)))
        if is_picture(path):
            require_few(asked, number)
        under = Conditions(found, condition)
        result = Search(found.trained, asked, among, under, n=number, by=by, metric=metric)
        result.write(path)
    _tell(as_json, path, result.rows(), result.figures())


def _tell(as_json: bool, path: Path, rows: list[dict[str, Any]], figures: dict[str, Any]) -> None:
    if as_json:
        print_json({"output": str(path), **figures, "found": rows})
        return
    heads = [head for head in rows[0] if any(row[head] is not None for row in rows)]
    words = ["query", "data", "class"]
    print_table(heads, ([shown(row[h]) for h in heads] for row in rows[:SHOWN]), words=words)
    if len(rows) > SHOWN:
        click.echo(f"... and {len(rows) - SHOWN} more; use --json or -o found.csv for all")
    for name, value in figures.items():
        click.echo(f"{name}: {shown(value)}")
    click.echo(str(path))
