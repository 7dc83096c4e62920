"""How figures are printed."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from aetrain.trimmed import print_trimmed

WIDEST = 10_000
"""Columns that a table may have where the output is no terminal."""


def print_json(content: Any) -> None:
    """Print JSON, in which a figure that is none is null."""
    click.echo(json.dumps(plain(content), indent=2))


def plain(content: Any) -> Any:
    """Return containers in which what is infinite or not a number is None."""
    if isinstance(content, Mapping):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: Sequence[str] = ()
) -> None:
    """Print a table: figures to the right, the first column and those named in `words` to the left.

    Where the output is no terminal, lines are as long as they must be, so that none is broken. No
    line ends in blanks.
    """
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for i, head in enumerate(heads):
        left = i == 0 or head in words
        table.add_column(Text(head), justify="left" if left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    if not console.is_terminal:
        console.width = WIDEST
        console.width = console.measure(table).maximum
    print_trimmed(console, table)


def number(value: Any) -> str:
    """Return a figure with four significant digits at least, - where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e9):
        return f"{value:.0f}"
    return f"{value:.4g}" if abs(value) < 1 or abs(value) >= 1e7 else f"{value:.{_digits(value)}f}"


def with_error(value: float, error: float | None, *, sign: bool = False) -> str:
    """Return a figure and its standard error with two digits of the latter, or the figure alone.

    Where there is no figure, it is a single -.
    """
    if math.isnan(value):
        return number(value)
    if error is None or not math.isfinite(value) or not math.isfinite(error) or error <= 0:
        told = f"{value:+.4g}" if sign else number(value)
        return told if error is None else f"{told} ± {number(error)}"
    digits = min(12, max(0, 1 - math.floor(math.log10(error))))
    return f"{value:{'+' if sign else ''}.{digits}f} ± {error:.{digits}f}"


def of_examples(told: str, examples: int | None) -> str:
    """Return a figure in words with the number of its examples, where it is not of all."""
    return told if examples is None else f"{told} of {examples:,}"


def _digits(value: float) -> int:
    return max(0, 3 - int(math.log10(abs(value)))) if abs(value) < 10_000 else 0


def watch(what: str, total: int | None = None) -> Any:
    """Return what shows the progress of a loop on the terminal, and nothing elsewhere.

    Arguments:
        what: is done.
        total: turns of the loop, where that is known.
    """
    console = Console(stderr=True)

    def through(parts: Iterable[Any]) -> Iterable[Any]:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(what, total=total)
            for part in parts:
                yield part
                bar.advance(task)

    return through
