"""Arrays as NumPy saves them: .npy and .npz. Nothing is unpickled."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aetrain.data.part import Part
from aetrain.errors import UserError

X_NAMES = ("x", "data", "images")
Y_NAMES = ("y", "labels", "targets", "label", "target")
SPELLINGS = {"train": "train", "valid": "valid", "val": "valid", "test": "test"}


def read_npy(path: Path, label: str | None) -> dict[str, Part]:
    """Return the array, as `train`. Raises UserError for a label, and for pickled objects."""
    if label is not None:
        raise UserError(f"{path}: a .npy has no labels; leave dataset.label out, or save a .npz")
    with path.open("rb") as stream:
        if stream.read(6) != b"\x93NUMPY":
            raise UserError(f"{path}: is no .npy file; save it with np.save")
    # read through a map, a float64 file is never in memory beside its float32 copy
    return {"train": Part(_unpickled(path, lambda: np.load(path, "r", allow_pickle=False)))}


def read_npz(path: Path, label: str | None) -> dict[str, Part]:
    """Return the arrays of examples and labels by split, found by their names.

    Raises:
        UserError: where the names leave open which they are, and for pickled objects.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path}: is no .npz file, or cut short; save it with np.savez")
    with np.load(path, allow_pickle=False) as arrays:
        keys = _keys(arrays.files, label)
        listed = f"its arrays are: {', '.join(arrays.files) or 'none'}"
        if "train" not in keys:
            raise UserError(f"{path}: which array are the examples? Name it x; {listed}")
        if label is not None and keys["train"][1] is None:
            raise UserError(f"{path}: dataset.label={label}: no such array; {listed}")

        def get(key: str) -> np.ndarray:
            return _unpickled(path, lambda: arrays[key])

        return {s: Part(get(x), get(y) if y else None) for s, (x, y) in keys.items()}


def _unpickled(path: Path, load: Callable[[], Any]) -> np.ndarray:
    """Return the array. Raises UserError where reading it would mean to unpickle."""
    try:
        return load()
    except ValueError as error:
        if "bject" not in str(error):
            raise
        raise UserError(
            f"{path}: holds pickled Python objects, which could run code and are not read; "
            "save plain numbers of one shape"
        ) from error


def _keys(keys: list[str], label: str | None) -> dict[str, tuple[str, str | None]]:
    """Return by split the names of the arrays of examples and of labels."""
    known = {key.lower(): key for key in keys}
    y_names = Y_NAMES if label is None else (label.lower(),)

    def first(names: Sequence[str]) -> str | None:
        return next((known[name] for name in names if name in known), None)

    found = {}
    for word, split in SPELLINGS.items():
        x = first([*(f"{n}_{word}" for n in X_NAMES), *(f"{word}_{n}" for n in X_NAMES), word])
        if x is not None:
            y = first([*(f"{n}_{word}" for n in y_names), *(f"{word}_{n}" for n in y_names)])
            found[split] = (x, y)
    if "train" in found:
        return found
    x, y = first(X_NAMES), first(y_names)
    others = [key for key in keys if key != y]
    if x is None and len(others) == 1:
        x = others[0]
    return {} if x is None else {"train": (x, y)}
