"""What `ae search` finds, and how it is handed over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from aetrain.cli.conditions import Conditions
from aetrain.cli.given import BLOCK, Given, split_word
from aetrain.cli.shown import watch
from aetrain.cli.sink import MOST_TILES, write_figure
from aetrain.cli.written import write_csv, write_json
from aetrain.errors import UserError
from aetrain.evaluation.search import METRICS, precision, search
from aetrain.figures.curves import curves
from aetrain.figures.neighbours import neighbours
from aetrain.figures.saved import is_picture
from aetrain.figures.tiles import is_image
from aetrain.spaces import Space
from aetrain.trained import Trained


@final
class Search:
    """The n nearest neighbours of all queries; one block of the others is held at a time.

    Arguments:
        trained: the model.
        asked: the queries.
        among: where to look.
        conditions: under which a conditional model works.
        n: neighbours of each query.
        by: codes or pixels.
        metric: of `METRICS`.

    Raises:
        UserError: where there are fewer than n, or no codes, or none of bits.
    """

    def __init__(
        self,
        trained: Trained,
        asked: Given,
        among: Given,
        conditions: Conditions,
        *,
        n: int,
        by: str,
        metric: str,
    ) -> None:
        _require(trained, by, metric)
        self._trained, self._conditions, self._by = trained, conditions, by
        self._asked, self._among = asked, among
        left_out = _own_rows(asked, among)
        there = len(among) - (left_out >= 0).any().item()
        if n > there:
            raise UserError(f"-n {n}: there are {there} examples to be found; use -n {there}")
        total = sum(-(-len(table) // BLOCK) for _, table, _ in among.tables)
        queries = torch.cat(list(self._points(asked)))
        others = watch("searching", total)(self._points(among))
        self.found = search(queries, others, n, METRICS[metric], left_out)
        self._y, self._wanted = _labels(among), _labels(asked)

    @torch.no_grad()
    def _points(self, given: Given) -> Iterator[Tensor]:
        """Yield what is compared, (B, D), on the CPU."""
        conditions, model = self._conditions, self._trained.model
        for x, y in given.blocks():
            if self._by == "pixels":
                yield x.flatten(1).cpu()
                continue
            with model.under(conditions.of(len(x), y, given.classes), len(x)):
                codes = self._trained.posterior(x).mean
            yield codes.flatten(1).cpu()

    def rows(self) -> list[dict[str, Any]]:
        """Return a line for each neighbour of each query; None where nothing is known."""
        queries, places = _places(self._asked), _places(self._among)
        lines = list[dict[str, Any]]()
        for q, (distances, rows) in enumerate(zip(*(x.tolist() for x in self.found))):
            for rank, (distance, row) in enumerate(zip(distances, rows), 1):
                data, place = places[row]
                told = self._class(self._among, self._y, row)
                lines.append({"query": "{}:{}".format(*queries[q]), "rank": rank, "data": data,
                              "row": place, "distance": distance, "class": told})  # fmt: skip
        return lines

    def figures(self) -> dict[str, Any]:
        """Return how many queries there were and, of labelled ones, the precision at n."""
        figures: dict[str, Any] = {"queries": len(self.found.row)}
        if self._y is None or self._wanted is None or self._asked.classes != self._among.classes:
            return figures
        shares = precision(self._y[self.found.row], self._wanted)
        if len(shares):
            figures["precision"] = shares.mean().item()
        if len(shares) > 1:
            figures["precision_se"] = (shares.std() / len(shares) ** 0.5).item()
        return figures

    def write(self, path: Path) -> None:
        """Write a picture, or the lines as .csv or .json."""
        if is_picture(path):
            self._draw(path)
        elif path.suffix.lower() == ".csv":
            write_csv(path, self.rows())
        else:
            write_json(path, {**self.figures(), "found": self.rows()})

    def _draw(self, path: Path) -> None:
        queries, n = self.found.row.shape
        x = torch.cat([block.x for block in self._asked.blocks()]).cpu()
        others = _picked(self._among, self.found.row.flatten()).unflatten(0, (queries, n))
        title = f"nearest by {self._by}"
        if not is_image(self._trained.event):
            series = {"query": x.expand(n, *x.shape[1:]), "found": others[0]}
            return write_figure(path, curves(series, title=title))
        return write_figure(path, neighbours(x, others, list(self._captions()), title=title))

    def _captions(self) -> Iterator[list[tuple[str, str]]]:
        for q, (distances, rows) in enumerate(zip(*(x.tolist() for x in self.found))):
            own = (self._class(self._asked, self._wanted, q) or "query", "")
            yield [own, *((self._class(self._among, self._y, row) or "", f"{d:.3g}")
                          for d, row in zip(distances, rows))]  # fmt: skip

    @staticmethod
    def _class(given: Given, labels: Tensor | None, row: int) -> str | None:
        if labels is None or (y := int(labels[row])) < 0:
            return None
        return given.classes[y] if y < len(given.classes) else str(y)


def require_few(asked: Given, n: int) -> None:
    """Refuse a picture of more than can be seen, before anything is computed."""
    queries = len(asked)
    if queries * (n + 1) > MOST_TILES or (queries > 1 and not is_image(asked.event)):
        raise UserError(
            f"{queries} queries with {n} neighbours each: too many for one picture; use -o with a"
            " .csv or .json"
        )


def _require(trained: Trained, by: str, metric: str) -> None:
    model = trained.model
    if by == "codes" and not model.encodes:
        raise UserError("--by codes: this model has no encoder, so there are none: use --by pixels")
    if metric == "hamming" and (by != "codes" or model.space != Space.BINARY):
        raise UserError(
            f"--metric hamming: {'pixels' if by != 'codes' else 'the codes of this model'} are no"
            " bits: use --metric euclidean, or a model with posterior=bernoulli"
        )


def _places(given: Given) -> list[tuple[str, int]]:
    """Return under which name, and as which row there, each example was given."""
    places, seen = list[tuple[str, int]](), dict[str, int]()
    for word, table, _ in given.tables:
        name, row = split_word(word)
        first = seen.get(name, 0) if row is None else row
        places += [(name, first + i) for i in range(len(table))]
        seen[name] = first + len(table)
    return places


def _own_rows(asked: Given, among: Given) -> Tensor:
    """Return for each query which of the others it is itself, (Q,); −1 for none."""
    wanted, rows = _places(asked), torch.full((len(asked),), -1)
    numbers = {place: q for q, place in enumerate(wanted)}
    for row, place in enumerate(_places(among)):
        if place in numbers:
            rows[numbers[place]] = row
    return rows


def _labels(given: Given) -> Tensor | None:
    """Return labels (N,); below 0 where there is none, None where there are none at all."""
    parts = [t.y if t.y is not None else torch.full((len(t),), -1) for _, t, _ in given.tables]
    labels = torch.cat([part.cpu() for part in parts])
    return labels if (labels >= 0).any() else None


def _picked(given: Given, rows: Tensor) -> Tensor:
    """Return rows (N,) of all examples, (N, *event): read again, drawn as they were."""
    wanted, before = rows.unique(), 0
    parts = list[Tensor]()
    for x, _ in given.blocks():
        here = wanted[(wanted >= before) & (wanted < before + len(x))] - before
        parts.append(x[here.to(x.device)].cpu())
        before += len(x)
    return torch.cat(parts)[torch.searchsorted(wanted, rows)]
