"""The table of `ae compare`: which runs, and how it is printed and written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, final

import click

from aetrain.cli.runs import PREFIXES, all_facts_of, config_of, get, short
from aetrain.cli.shown import number, of_examples, print_json, print_table, with_error
from aetrain.cli.unfinished import STATE
from aetrain.comparison.choices import CHOICE, differing
from aetrain.comparison.facts import examples_of
from aetrain.comparison.same_data import require_same_data
from aetrain.comparison.table import Row, rows_of
from aetrain.errors import UserError, did_you_mean
from aetrain.run import Run
from aetrain.runs import all_runs, located


@final
class Found(NamedTuple):
    """A run to be compared: what it is called, where it is, and what is known of it."""

    name: str
    path: Path
    facts: dict[str, Any]


@final
class Comparison(NamedTuple):
    """Runs beside each other.

    Attributes:
        runs: in the order in which they were named.
        differs: choice or key -> its value in each run.
        rows: the figures.
        shown: those of them that a reader is shown: what was asked for, or else all but sizes that
            the runs share.
    """

    runs: list[Found]
    differs: dict[str, list[Any]]
    rows: list[Row]
    shown: list[Row]

    @property
    def names(self) -> list[str]:
        """What the runs are called."""
        return [run.name for run in self.runs]


def all_of(paths: Sequence[Path]) -> list[Found]:
    """Return the runs that are meant; a directory that is none stands for all of those under it.

    Raises:
        UserError: where there is no run.
    """
    places = [place for path in paths for place in _under(located(path))]
    found = list(dict.fromkeys(places))
    own = [path.name for path in found]
    names = own if len(set(own)) == len(own) else [str(path) for path in found]
    return [Found(name, path, all_facts_of(path)) for name, path in zip(names, found)]


def require_two(runs: Sequence[Found], exactly: bool) -> None:
    """Refuse too few runs, or for a study any number but two.

    Raises:
        UserError: naming what was found; also where the runs are on different data.
    """
    if exactly and len(runs) != 2:
        raise UserError(
            f"--study: must be of two runs, the plain autoencoder and then the variational one, not"
            f" of {len(runs)}"
        )
    if len(runs) < 2:
        raise UserError(f"{runs[0].path}: is one run; choose two or more, or a sweep's directory")
    require_same_data([run.name for run in runs], [config_of(run.facts) for run in runs])


def compared(runs: Sequence[Found], names: Sequence[str]) -> Comparison:
    """Return what runs differ in, and their figures.

    Arguments:
        runs: at least two.
        names: of the figures wanted, without what `ae runs` lets one leave out; none: all.

    Raises:
        UserError: for a figure that no run has.
    """
    wanted = [_full(name, runs) for name in names]
    choices = [
        {k.removeprefix(CHOICE): v for k, v in run.facts.items() if k.startswith(CHOICE)}
        for run in runs
    ]
    configs = [config_of(run.facts) for run in runs]
    facts = [{**config, **run.facts} for config, run in zip(configs, runs)]
    each = [examples_of(run.path) for run in runs]
    differs = differing(choices, configs)
    states = [run.facts.get(STATE) for run in runs]
    if any(states):
        differs = {STATE: states, **differs}
    rows = rows_of(facts, wanted, each)
    told = [row for row in rows if wanted or row.tells_apart]
    return Comparison(list(runs), differs, rows, told)


def print_comparison(comparison: Comparison, as_json: bool, output: Path | None) -> None:
    """Print the table, or JSON, and where it was written."""
    if as_json:
        print_json({**plain(comparison), "output": None if output is None else str(output)})
        return
    heads, rows, _ = cells(comparison)
    print_table(heads, rows)
    if lines := not_compared(comparison):
        click.echo()
    for line in lines:
        click.echo(line)
    if output is not None:
        click.echo(f"\n{output}")


def cells(
    comparison: Comparison, mark: str = "*"
) -> tuple[list[str], list[list[str]], list[tuple[int, int]]]:
    """Return heads, rows and where the best values are (row, column), counted from 0.

    Of two runs the last column is the difference.

    Arguments:
        comparison: of runs.
        mark: put behind the best values.
    """
    pair = len(comparison.runs) == 2
    extra = ["difference"] if pair else []
    rows = [
        [key, *map(number, values), *([""] if pair else [])]
        for key, values in comparison.differs.items()
    ]
    best: list[tuple[int, int]] = []
    for row in comparison.shown:
        best += [(len(rows), run + 1) for run in row.best]
        own = [shown(row, run, mark) for run in range(len(row.values))]
        rows.append([row.name, *own, *([gap(row, 1) or "-"] if pair else [])])
    return ["", *comparison.names, *extra], rows, best


def shown(row: Row, run: int, mark: str = "") -> str:
    """Return a run's figure in words, with its standard error and, for the best, a mark."""
    value, error = row.values[run], row.errors[run]
    if value is None:
        return "-"
    told = of_examples(with_error(value, error), row.examples[run])
    return f"{told} {mark}" if mark and run in row.best else told


def not_compared(comparison: Comparison) -> list[str]:
    """Return a line for each reason why some figures are not held against one another."""
    found: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.unlike:
            found.setdefault(row.unlike, []).append(row.name)
    return [f"Not held against one another, {why}: {', '.join(f)}" for why, f in found.items()]


def gap(row: Row, run: int) -> str | None:
    """Return a run's difference to the first in words; None where there is none."""
    found = row.difference(run)
    return None if found is None else with_error(*found, sign=True)


def plain(comparison: Comparison) -> dict[str, Any]:
    """Return all that is known of a comparison, for JSON."""
    rows = {}
    for row in comparison.rows:
        gaps = [row.difference(run) for run in range(len(row.values))]
        rows[row.name] = {
            "values": row.values,
            "errors": row.errors,
            "examples": row.examples,
            "better": row.better and row.better.way,
            "best": [comparison.names[run] for run in row.best],
            "not_compared": row.unlike,
            "differences": [g and g.value for g in gaps],
            "difference_errors": [g and g.error for g in gaps],
        }
    paths = [str(run.path) for run in comparison.runs]
    return {"runs": paths, "differs": comparison.differs, "figures": rows}


def _under(path: Path) -> list[Path]:
    """Return a run, or the runs under a directory, those named by numbers in their order."""
    if (path / "config.yaml").is_file() or not path.is_dir():
        return [Run.open(path).path]
    found = all_runs(path)
    if not found:
        raise UserError(f"{path}: neither a run nor a directory of runs; choose one under outputs/")
    return sorted(found, key=lambda p: (str(p.parent), len(p.name), p.name))


def _full(name: str, runs: Sequence[Found]) -> str:
    for prefix in PREFIXES:
        if any(prefix + name in run.facts for run in runs):
            return prefix + name
    if any(get(run.facts, name) is not None for run in runs):
        return name
    known = {short(n) for run in runs for n in run.facts}
    raise UserError(
        f"--measure {name}: no run has it; use one that results.json has, or measure it with ae"
        f" evaluate.{did_you_mean(name, known)}"
    )
