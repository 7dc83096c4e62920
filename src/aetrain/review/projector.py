"""Files of TensorBoard's embedding projector."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from aetrain.review.examples import Examples

FOLDER = "projector"
LARGEST_SPRITE = 64
"""Pixels of a picture's longer side: the sheet of all must be no larger than 8,192."""
LARGEST_SHEET = 8192
MOST_DIMENSIONS = 256
"""Of a wider code, those that vary most are shown."""


def write_projector(log: Path, examples: Examples, classes: Sequence[str]) -> None:
    """Write the codes, what is known of each example, and a sheet of pictures where there are any.

    What was written before is replaced: a run has one set of codes, those of its test.

    Arguments:
        log: directory of the event files.
        examples: what is shown.
        classes: names of the labels, or none.
    """
    folder = log / FOLDER
    folder.mkdir(exist_ok=True)
    codes = _widest(examples.codes)
    (folder / "codes.tsv").write_text(_lines(codes.tolist(), "{:.6g}".format))
    (folder / "labels.tsv").write_text(_labels(examples, classes), encoding="utf-8")
    lines = [
        'tensor_name: "codes of test examples"',
        f'tensor_path: "{FOLDER}/codes.tsv"',
        f"tensor_shape: {len(codes)}",
        f"tensor_shape: {codes.shape[1]}",
        f'metadata_path: "{FOLDER}/labels.tsv"',
    ]
    if examples.images is not None:
        sheet, height, width = sprites(examples.images)
        Image.fromarray(sheet).save(folder / "sprites.png")
        size = f"single_image_dim: {width} single_image_dim: {height}"
        lines.append(f'sprite {{ image_path: "{FOLDER}/sprites.png" {size} }}')
    text = "embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
    (log / "projector_config.pbtxt").write_text(text)


def sprites(images: Tensor) -> tuple[np.ndarray, int, int]:
    """Return a square sheet (n h, n w, 3) of uint8 of (N, C, H, W), and the size h, w of one.

    Values from 0 to 1 become 0 to 255; row r and column c hold image r n + c with n = ⌈√N⌉. Images
    of more than 64 pixels, or for which the sheet would be too large, are averaged down.
    """
    n = math.ceil(math.sqrt(len(images)))
    largest = max(1, min(LARGEST_SPRITE, LARGEST_SHEET // n))
    factor = math.ceil(max(images.shape[2:]) / largest)
    small = F.avg_pool2d(images, factor, ceil_mode=True) if factor > 1 else images
    count, channels, height, width = small.shape
    levels = (small.nan_to_num(0).clamp(0, 1) * 255).round().to(torch.uint8)
    cells = torch.full((n * n, channels, height, width), 255, dtype=torch.uint8)
    cells[:count] = levels
    cells = cells.unflatten(0, (n, n)).permute(0, 3, 1, 4, 2).reshape(n * height, n * width, -1)
    return np.ascontiguousarray(cells.expand(-1, -1, 3).numpy()), height, width


def _widest(codes: Tensor) -> Tensor:
    """Return (N, D) with the dimensions that vary most, in their order, and none not finite."""
    codes = codes.nan_to_num(0, 0, 0)
    if codes.shape[1] <= MOST_DIMENSIONS:
        return codes
    kept = codes.var(0, correction=0).topk(MOST_DIMENSIONS).indices.sort().values
    return codes[:, kept]


def _labels(examples: Examples, classes: Sequence[str]) -> str:
    """Return a table: each example's class, the class that the model names, its row in the test."""
    columns: dict[str, list[str]] = {}
    if examples.y is not None:
        columns["class"] = [_name(y, classes) for y in examples.y.tolist()]
    if examples.probabilities is not None:
        named = examples.probabilities.argmax(1).tolist()
        columns["named"] = [_name(y, classes) for y in named]
    rows = [str(row) for row in examples.rows.tolist()]
    if not columns:  # a single column has no head
        return _lines([[row] for row in rows])
    columns["row"] = rows
    return _lines([list(columns), *zip(*columns.values())])


def _name(y: int, classes: Sequence[str]) -> str:
    if y < 0:
        return "?"
    return " ".join(classes[y].split()) if y < len(classes) else str(y)


def _lines(rows: Sequence[Sequence[object]], text: Callable[[object], str] = str) -> str:
    return "".join("\t".join(map(text, row)) + "\n" for row in rows)
