"""How a verb hands over what it has made: a picture, a folder of pictures, or numbers."""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from aetrain.cli.given import BLOCK
from aetrain.cli.opened import Opened
from aetrain.cli.shown import number, print_json, watch
from aetrain.cli.sink import (
    MOST_TILES,
    Numbers,
    check_sink,
    sheet_of,
    write_figure,
    write_images,
    write_numbers,
)
from aetrain.data_of import transform_of
from aetrain.errors import UserError
from aetrain.figures.saved import is_picture
from aetrain.figures.tiles import is_image
from aetrain.trained import Trained


def place(output: Path | None, run: Opened, verb: str) -> Path:
    """Return where a picture goes, RUN/figures/ae_<verb>.png where nothing is said."""
    path = output or run.directory / "figures" / f"ae_{verb}.png"
    check_sink(path)
    return path


def deliver(
    path: Path, blocks: Iterable[Tensor], count: int, run: Opened, *, title: str, scaled: bool
) -> None:
    """Write examples x, (B, *event) at a time, as the end of `path` says.

    Arguments:
        path: .png, .pdf or .svg for one picture of all, .npz, .npy or .csv for numbers, else a
            folder of PNGs.
        blocks: the examples, as the model puts them out.
        count: how many they are.
        run: to whose data's units numbers are brought.
        title: of a picture.
        scaled: leave numbers as the model puts them out.
    """
    event = run.trained.event
    blocks = watch(run.name)(blocks)
    if is_picture(path):
        _require_few(count, event)
        write_figure(path, sheet_of(torch.cat(list(blocks)), title=title))
    elif not path.suffix:
        write_images(path, blocks)
    else:
        numbers = blocks if scaled else in_units(run, blocks)
        write_numbers(path, Numbers(numbers, count, event, name="x"))


def in_units(run: Opened, blocks: Iterable[Tensor]) -> Iterator[Tensor]:
    """Yield examples in the units of the training's files."""
    transform = transform_of(run.trained)
    for block in blocks:
        yield transform.inverse(block)


def decoded(trained: Trained, z: Tensor, condition: Tensor | None) -> Iterator[Tensor]:
    """Return what becomes of codes (N, *latent) under their conditions, block by block.

    What the model refuses is said now, before a file is begun.
    """
    each = repeat(None) if condition is None else condition.split(BLOCK)
    parts = zip(z.split(BLOCK), each, strict=False)
    blocks = (trained.decode(part, condition=c) for part, c in parts)
    return chain([next(blocks)], blocks)


def tell(as_json: bool, path: Path, **more: Any) -> None:
    """Print what was made and where it is."""
    if as_json:
        print_json({"output": str(path), **more})
        return
    for name, value in more.items():
        click.echo(f"{name}: {number(value)}")
    click.echo(str(path))


def _require_few(count: int, event: torch.Size) -> None:
    if is_image(event) and count > MOST_TILES:
        raise UserError(
            f"{count} examples: one picture takes {MOST_TILES}; use -o with a folder or an .npz"
        )
