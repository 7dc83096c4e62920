"""The files that `ae compare` writes."""

import csv
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from aetrain.cli.comparing import Comparison, cells, not_compared
from aetrain.cli.written import writing
from aetrain.comparison.table import Row
from aetrain.figures.saved import is_picture, save
from aetrain.writing import write_atomically


def write_comparison(comparison: Comparison, path: Path, **settings: Any) -> None:
    """Write the table as a .csv, a picture, or a page with pictures of what the models do.

    Arguments:
        comparison: of runs.
        path: its end says what is written.
        settings: of the page, see `side_by_side.page_of`.

    Raises:
        UserError: where the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        content = _csv([_flat(row, comparison.names) for row in comparison.rows])
    elif is_picture(path):
        content = _picture(comparison, kind[1:])
    else:
        from aetrain.cli.side_by_side import page_of

        content = page_of(comparison, **settings).html()
    with writing(path):
        write_atomically(path, content)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _picture(comparison: Comparison, kind: str) -> bytes:
    from aetrain.figures.table import table

    heads, rows, best = cells(comparison, mark="")
    notes = ["Bold: the best, or within two standard errors of it"] if best else []
    file = BytesIO()
    drawn = table(heads, rows, marked=best, notes=[*notes, *not_compared(comparison)])
    save(drawn, file, kind)
    return file.getvalue()


def _flat(row: Row, names: Sequence[str]) -> dict[str, Any]:
    """Return a row as it stands in a file: the best run by name, differences to the first run."""
    flat: dict[str, Any] = {"figure": row.name, "better": row.better and row.better.way}
    flat |= {"best": " ".join(names[run] for run in row.best), "not compared": row.unlike}
    for run, name in enumerate(names):
        flat |= {name: row.values[run], f"{name} se": row.errors[run]}
        flat[f"{name} examples"] = row.examples[run]
    for run, name in list(enumerate(names))[1:]:
        found = row.difference(run)
        flat[f"{name} difference"] = found and found.value
        flat[f"{name} difference se"] = found and found.error
    return flat
