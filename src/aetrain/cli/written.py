"""Files that verbs write."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aetrain.cli.shown import plain
from aetrain.writing import cannot_write, write_atomically


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Make the directory of a file, and say in one line why the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
    except OSError as error:
        raise cannot_write(path, error, "-o") from error


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    with writing(path):
        write_atomically(path, json.dumps(plain(content), indent=2) + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that have the same keys, which make the header; None is an empty cell."""
    with writing(path), path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
