"""Examples that a verb is given: files of the user's, or a split of the run's own data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.cli.given_files import read
from aetrain.cli.opened import Opened
from aetrain.data.draws import SPLITS
from aetrain.data.labelled import MISSING
from aetrain.data.table import Table
from aetrain.data.transform import Transform
from aetrain.data.view import View
from aetrain.data_of import transform_of
from aetrain.errors import UserError
from aetrain.seeding import EVALUATE, seed_torch
from aetrain.values import Values

BLOCK = 500
ROW = re.compile(r"(?P<name>.+):(?P<row>\d+)")


class Block(NamedTuple):
    """Examples as the model sees them, x (B, *event) on its device; y (B,) or None."""

    x: Tensor
    y: Tensor | None


@final
@dataclass
class Given:
    """Tables of raw examples, one after another, and what makes x of each (None: nothing)."""

    event: torch.Size
    device: torch.device
    dtype: torch.dtype
    seed: int
    tables: list[tuple[str, Table, Transform | None]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(table) for _, table, _ in self.tables)

    @property
    def labelled(self) -> bool:
        """Whether every table has labels."""
        return all(table.y is not None for _, table, _ in self.tables)

    def blocks(self) -> Iterator[Block]:
        """Yield all examples; what is binarised is a function of the seed and of its place."""
        for number, (name, table, transform) in enumerate(self.tables):
            for block, rows in enumerate(torch.arange(len(table)).split(BLOCK)):
                raw = _of_shape(table.read(rows), self.event, name)
                seed_torch(self.device, EVALUATE, self.seed, number, block)
                raw = raw.to(self.device)
                if transform is not None:
                    _check_values(raw, transform.raw, name)
                    raw = transform(raw)
                yield Block(raw.to(self.dtype), None if table.y is None else table.y[rows])

    def batches(self, size: int = BLOCK) -> Iterator[Block]:
        """Yield blocks of `size` across tables, so that two sets go side by side.

        Where some tables have labels, the others' are missing, which is below 0.
        """
        held: list[Block] = []
        for block in self.blocks():
            held.append(block)
            while sum(len(x) for x, _ in held) >= size:
                x, y = _joined(held)
                yield Block(x[:size], None if y is None else y[:size])
                held = [Block(x[size:], None if y is None else y[size:])]
        if sum(len(x) for x, _ in held):
            yield _joined(held)

    def first(self, most: int) -> Block:
        """Return the first examples."""
        return next(self.batches(most))

    def only(self) -> Block:
        """Return the single example.

        Raises:
            UserError: where there are several.
        """
        if len(self) > 1:
            name = self.tables[0][0]
            raise UserError(
                f"{name}: holds {len(self):,} examples; choose one of them, as {name}:0"
            )
        return self.first(1)


def _joined(blocks: Sequence[Block]) -> Block:
    x = torch.cat([block.x for block in blocks])
    if all(block.y is None for block in blocks):
        return Block(x, None)
    missing = [torch.full((len(x),), MISSING) if y is None else y for x, y in blocks]
    return Block(x, torch.cat(missing))


def given(
    words: Sequence[str],
    opened: Opened,
    *,
    seed: int = 0,
    scaled: bool = False,
    label: str | None = None,
    places: Sequence[str] = (),
) -> Given:
    """Return the examples that words name; nothing is read of images in folders yet.

    Arguments:
        words: files (.npy, .npz, .csv, .parquet, a folder or .zip of images, one image), or train,
            valid, test for the run's own data; with `:N` behind it, row N alone.
        opened: the run, to whose shape and values the examples are brought.
        seed: of binarisation.
        scaled: the numbers are scaled already, as the model sees them.
        label: name of the labels' column or array.
        places: where the run's own data are.

    Raises:
        UserError: for what cannot be read, or is no example of the run's kind.
    """
    trained = opened.trained
    found = Given(trained.event, trained.model.device, torch.float32, seed)
    found.dtype = torch.float64 if trained.model.dtype == torch.float64 else torch.float32
    transform = None if scaled else transform_of(trained)
    label = label or trained.config["dataset"].get("label")
    for word in words:
        name, row = split_word(word)
        if name in SPLITS and not Path(name).exists():
            data = opened.data(places)
            added = [(data.tables[name], data.transform_of(name))]
            classes = data.classes
        else:
            splits = read(Path(name), trained.event, label)
            tables = (splits.train, splits.valid, splits.test)
            added = [(table, transform) for table in tables if table is not None]
            classes = splits.classes
        if found.tables and classes != found.classes:
            raise UserError(f"{word}: its classes are not those of the data before; use one alone")
        found.classes = classes
        chosen = added if row is None else [_row(added, row, word)]
        found.tables += [(word, table, change) for table, change in chosen]
    return found


def split_word(word: str) -> tuple[str, int | None]:
    """Return what `NAME:7` names and which row of it; None for all of them."""
    match = None if Path(word).exists() else ROW.fullmatch(word)
    return (word, None) if match is None else (match["name"], int(match["row"]))


def _row(
    tables: Sequence[tuple[Table, Transform | None]], row: int, word: str
) -> tuple[Table, Transform | None]:
    """Return a table of one row, which is counted through all tables of a file or a folder."""
    place = row
    for table, transform in tables:
        if place < len(table):
            return View(table, torch.tensor([place])), transform
        place -= len(table)
    raise UserError(f"{word}: there are {row - place} rows; choose one from 0")


def _of_shape(x: Tensor, event: torch.Size, name: str) -> Tensor:
    """Return rows of the model's shape: an axis of one channel is added, flat rows are folded."""
    if x.shape[1:] == event:
        return x
    fits = x.dim() == 2 or (event[0] == 1 and x.shape[1:] == event[1:])
    if fits and x[0].numel() == event.numel():
        return x.reshape(len(x), *event)
    raise UserError(
        f"{name}: its examples have the shape {tuple(x.shape[1:])}, but the model was trained on"
        f" {tuple(event)}: use data of that shape"
    )


def _check_values(x: Tensor, raw: Values | None, name: str) -> None:
    """Refuse numbers outside of the training's range, or on another scale."""
    if raw is None:
        return
    low, high = x.min().item(), x.max().item()
    wide = raw.high - raw.low > 1
    on_another_scale = wide and x.dtype.is_floating_point and low >= 0 and 0 < high <= 1
    if low < raw.low or high > raw.high or on_another_scale:
        raise UserError(
            f"{name}: holds numbers from {low:g} to {high:g}, but the data of the training were"
            f" {raw}: use such numbers, or --scaled where they are what the model sees"
        )
