"""The matrices of docs/combinations.md: written, and read again."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Pair = tuple[int, str, int, str]
"""A choice of one axis and a choice of a later one."""

INTRODUCTION = """\
# What goes with what

Written by `python scripts/combinations.py`. A plus: a combination with both choices was
fitted for two batches. A number: all that were tried are refused; the list below has the
words that one of them is refused with."""

FITS = "+"


def written(
    axes: Sequence[str],
    choices: Sequence[Sequence[str]],
    fits: Iterable[Pair],
    refused: Mapping[Pair, str],
) -> str:
    """Return a matrix for every two axes, and the reasons of what is refused, as Markdown."""
    numbers = {why: n for n, why in enumerate(dict.fromkeys(refused.values()), 1)}
    marks = {pair: str(numbers[why]) for pair, why in refused.items()} | dict.fromkeys(fits, FITS)
    lines = INTRODUCTION.splitlines()
    for i, j in itertools.combinations(range(len(axes)), 2):
        lines += ["", f"## {axes[i]} and {axes[j]}", "", *_matrix(i, j, choices, marks)]
    lines += ["", "## Refusals", ""]
    return "\n".join([*lines, *(f"{n}. `{why}`" for why, n in numbers.items()), ""])


def read(
    text: str, axes: Sequence[str], choices: Sequence[Sequence[str]]
) -> tuple[list[Pair], dict[Pair, str]]:
    """Return the pairs that fit, and those that are refused with the reason."""
    *matrices, reasons = re.split(r"^## ", text, flags=re.M)[1:]
    whys = dict(re.findall(r"^(\d+)\. `(.*)`$", reasons, flags=re.M))
    marks: dict[Pair, str] = {}
    for matrix in matrices:
        title, heads, _, *rows = (line for line in matrix.splitlines() if line)
        names = _cells(heads)
        both = [axes.index(axis) for axis in title.split(" and ")]
        across = max(both, key=lambda axis: len(set(names) & set(choices[axis])))
        down = sum(both) - across
        for row in rows:
            name, *own = _cells(row)
            marks |= {ordered(down, name, across, n): m for n, m in zip(names[1:], own)}
    refused = {pair: whys[mark] for pair, mark in marks.items() if mark != FITS}
    return [pair for pair, mark in marks.items() if mark == FITS], refused


def ordered(i: int, a: str, j: int, b: str) -> Pair:
    """Return a pair with the earlier axis first."""
    return (i, a, j, b) if i < j else (j, b, i, a)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _matrix(
    i: int, j: int, choices: Sequence[Sequence[str]], marks: Mapping[Pair, str]
) -> Iterator[str]:
    across, down = (i, j) if len(choices[i]) < len(choices[j]) else (j, i)
    yield f"| | {' | '.join(choices[across])} |"
    yield f"|---|{'---|' * len(choices[across])}"
    for name in choices[down]:
        found = [marks.get(ordered(down, name, across, other), "?") for other in choices[across]]
        yield f"| {name} | {' | '.join(found)} |"
