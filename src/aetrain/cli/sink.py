"""Where examples and codes go: the end of a file's name says how they are written.

All is written block by block, so that memory does not grow with their number.
"""

import csv
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, final

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.cli.written import writing
from aetrain.errors import UserError
from aetrain.figures.canvas import mount
from aetrain.figures.curves import curves
from aetrain.figures.saved import PICTURES, save
from aetrain.figures.tiles import compose, is_image

KINDS = (*PICTURES, ".npz", ".npy", ".csv")
MOST_TILES = 1024


@final
class Numbers:
    """Rows to be written: how many, of what shape, and what else belongs to them.

    Arguments:
        blocks: (B, *shape), all together `count` rows.
        count: of rows.
        shape: of one row.
        name: what they are called in an .npz, such as x or z.
        beside: small arrays that go into an .npz too; those of one number for a row into a .csv.
    """

    def __init__(
        self,
        blocks: Iterable[Tensor],
        count: int,
        shape: torch.Size,
        *,
        name: str,
        beside: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.count, self.shape, self.name = count, shape, name
        self.beside = dict(beside or {})
        self.blocks: Iterator[np.ndarray] = (b.detach().cpu().float().numpy() for b in blocks)


def check_sink(path: Path, kinds: Iterable[str] = KINDS, *, folder: bool = True) -> None:
    """Refuse an output that cannot be written, before anything is computed.

    Raises:
        UserError: naming what it may be.
    """
    known = ", ".join(kinds) + (" or the name of a folder" if folder else "")
    if path.suffix.lower() not in kinds and (path.suffix or not folder):
        raise UserError(f"-o {path}: must end in {known}")
    if path.is_dir() and path.suffix.lower() in kinds:
        raise UserError(f"-o {path}: is a folder; choose another name")


def write_numbers(path: Path, numbers: Numbers) -> None:
    """Write rows as .npz, .npy or .csv."""
    with writing(path):
        WRITERS[path.suffix.lower()](path, numbers)


def write_images(folder: Path, blocks: Iterable[Tensor]) -> int:
    """Write each of (B, C, H, W), values in [0, 1], as a PNG of its own; return how many.

    Raises:
        UserError: where they are no images.
    """
    from PIL import Image

    with writing(folder / "0000.png"):
        number = 0
        for block in blocks:
            if not is_image(block.shape[1:]):
                raise UserError(
                    f"-o {folder}: {tuple(block.shape[1:])} is no image; use a name that ends in"
                    " .npz, .npy or .csv"
                )
            levels = (block.detach().cpu().float().clamp(0, 1) * 255).round().to(torch.uint8)
            for image in levels.permute(0, 2, 3, 1).numpy():
                pixels = image[..., 0] if image.shape[-1] == 1 else image
                Image.fromarray(pixels).save(folder / f"{number:04d}.png")
                number += 1
    return number


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as the end of the name says."""
    with writing(path):
        save(figure, path)


def sheet_of(x: Tensor, *, title: str, columns: int | None = None) -> Figure:
    """Draw up to 1,024 images (N, C, H, W) as tiles, or 12 vectors as curves.

    Raises:
        UserError: where there are more.
    """
    if not is_image(x.shape[1:]):
        return curves({"": x}, title=title)
    if len(x) > MOST_TILES:
        raise UserError(
            f"-n {len(x)}: one picture takes {MOST_TILES} images; use -o with a folder or an .npz"
        )
    columns = columns or math.ceil(math.sqrt(len(x)))
    tiles = compose(x, columns=columns, low=0, high=1, smallest=48, largest=256, gap=2)
    return mount(tiles, title=title)[0]


def _npy(path: Path, numbers: Numbers) -> None:
    with path.open("wb") as file:
        _array(file, numbers)


def _npz(path: Path, numbers: Numbers) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        with file.open(f"{numbers.name}.npy", "w", force_zip64=True) as member:
            _array(member, numbers)
        for name, array in numbers.beside.items():
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _array(file: IO[bytes], numbers: Numbers) -> None:
    shape = (numbers.count, *numbers.shape)
    head = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)
    for block in numbers.blocks:
        file.write(np.ascontiguousarray(block, "<f4").tobytes())


def _csv(path: Path, numbers: Numbers) -> None:
    columns = [f"{numbers.name}{i}" for i in range(math.prod(numbers.shape))]
    beside = {k: v for k, v in numbers.beside.items() if v.shape == (numbers.count,)}
    done = 0
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow([*columns, *beside])
        for block in numbers.blocks:
            # a float32 as text has the digits that it needs, as a Python number twice as many
            rows = [list(map(str, row)) for row in block.reshape(len(block), -1)]
            more = [v[done : done + len(rows)].tolist() for v in beside.values()]
            table.writerows([*row, *(m[i] for m in more)] for i, row in enumerate(rows))
            done += len(rows)


WRITERS: Mapping[str, Callable[[Path, Numbers], Any]] = {".npz": _npz, ".npy": _npy, ".csv": _csv}
