"""Codes, to be written and read."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from aetrain.cli.conditions import Conditions
from aetrain.cli.given import BLOCK, Given
from aetrain.cli.given_files import in_our_words
from aetrain.cli.shown import watch
from aetrain.cli.sink import Numbers
from aetrain.data.csv_file import read_csv
from aetrain.errors import UserError
from aetrain.seeding import SAMPLE, seed_torch
from aetrain.trained import Trained

NAME = "z"


def codes_of(
    trained: Trained, examples: Given, conditions: Conditions, *, draw: bool, seed: int
) -> Numbers:
    """Return the codes of examples, to be computed block by block, with the labels beside them.

    Arguments:
        trained: the model.
        examples: what is encoded.
        conditions: under which a conditional model works.
        draw: draw from q(z|x) instead of taking its mean.
        seed: of the draws, block by block.
    """

    def blocks() -> Iterator[Tensor]:
        total = -(-len(examples) // BLOCK)
        for number, (x, y) in enumerate(watch("encoding", total)(examples.batches())):
            with trained.model.under(conditions.of(len(x), y, examples.classes), len(x)):
                q = trained.posterior(x)
                if draw:
                    seed_torch(trained.model.device, SAMPLE, seed, number)
                z = q.sample() if draw else q.mean
            yield z

    beside: dict[str, np.ndarray] = {}
    labels = [table.y for _, table, _ in examples.tables if table.y is not None]
    if labels and examples.labelled:
        beside["y"] = torch.cat(labels).cpu().numpy()
        beside["classes"] = np.array(examples.classes, dtype=np.str_)
    return Numbers(blocks(), len(examples), trained.latent, name=NAME, beside=beside)


@final
class Read(NamedTuple):
    """Codes z (N, *latent) and, of an .npz that has them, labels y (N,) and the classes' names."""

    z: Tensor
    y: Tensor | None
    classes: Sequence[str]


def read_codes(path: Path, latent: torch.Size) -> Read:
    """Return the codes of an .npz with `z`, an .npy or a .csv.

    Raises:
        UserError: where the file cannot be read, or holds codes of another shape.
    """
    readers = {".npz": _npz, ".npy": _npy, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise UserError(f"{path}: must end in one of {', '.join(readers)}")
    if not path.is_file():
        raise UserError(f"{path}: no such file; choose one that ae encode has written")
    try:
        found, y, classes = readers[path.suffix.lower()](path)
    except UserError as error:
        raise in_our_words(error) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: is damaged, or no numbers ({reason}); choose another") from error
    if found.dtype.kind not in "biuf" or found[:1].size != latent.numel():
        raise UserError(
            f"{path}: holds {found.shape[1:]} {found.dtype} for each row, but a code of this model"
            f" has the shape {tuple(latent)}: use codes of this run"
        )
    codes = torch.from_numpy(np.require(found, np.float32, ["C", "W"])).reshape(-1, *latent)
    if not codes.isfinite().all():
        raise UserError(f"{path}: holds a number that is not finite; choose codes that all are")
    if y is not None and (y.shape != (len(codes),) or y.dtype.kind not in "iu"):
        raise UserError(f"{path}: y holds {y.shape} {y.dtype} for {len(codes)} codes: must be a"
                        " whole number for each")  # fmt: skip
    labels = None if y is None else torch.from_numpy(y.astype(np.int64))
    return Read(codes, labels, [] if classes is None else [str(name) for name in classes])


Arrays = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]
"""Codes, labels and the names of classes."""


def _npz(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        names = arrays.files
        name = NAME if NAME in names else names[0] if len(names) == 1 else None
        if name is None:
            raise UserError(f"{path}: which array are the codes? Its arrays are"
                            f" {', '.join(names)}; use the name {NAME}")  # fmt: skip
        y, classes = (arrays[n] if n in names else None for n in ("y", "classes"))
        return arrays[name], y, classes


def _npy(path: Path) -> Arrays:
    return np.load(path, allow_pickle=False), None, None


def _csv(path: Path) -> Arrays:
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = next(csv.reader(file), [])
    return read_csv(path, "y" if "y" in head else None)["train"].x, None, None
