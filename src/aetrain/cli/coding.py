"""Codes, to be written and read."""

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aetrain.cli.given import BLOCK, Given, in_our_words
from aetrain.cli.shown import watch
from aetrain.cli.sink import Numbers
from aetrain.data.csv_file import read_csv
from aetrain.errors import UserError
from aetrain.seeding import SAMPLE, seed_torch
from aetrain.trained import Trained

NAME = "z"


def codes_of(trained: Trained, examples: Given, *, draw: bool, seed: int) -> Numbers:
    """Return the codes of examples, to be computed block by block, with the labels beside them.

    Arguments:
        trained: the model.
        examples: what is encoded.
        draw: draw from q(z|x) instead of taking its mean.
        seed: of the draws, block by block.
    """

    def blocks() -> Iterator[Tensor]:
        total = -(-len(examples) // BLOCK)
        for number, x in enumerate(watch("encoding", total)(examples.examples())):
            q = trained.posterior(x)
            if draw:
                seed_torch(trained.model.device, SAMPLE, seed, number)
            yield q.sample() if draw else q.mean

    beside: dict[str, np.ndarray] = {}
    labels = [table.y for _, table, _ in examples.tables if table.y is not None]
    if labels and examples.labelled:
        beside["y"] = torch.cat(labels).cpu().numpy()
        beside["classes"] = np.array(examples.classes, dtype=np.str_)
    return Numbers(blocks(), len(examples), trained.latent, name=NAME, beside=beside)


def read_codes(path: Path, latent: torch.Size) -> Tensor:
    """Return codes (N, *latent) of an .npz with `z`, an .npy or a .csv.

    Raises:
        UserError: where the file cannot be read, or holds codes of another shape.
    """
    readers = {".npz": _npz, ".npy": _npy, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise UserError(f"{path}: must end in one of {', '.join(readers)}")
    if not path.is_file():
        raise UserError(f"{path}: no such file; choose one that ae encode has written")
    try:
        found = readers[path.suffix.lower()](path)
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
    return codes


def _npz(path: Path) -> np.ndarray:
    with np.load(path, allow_pickle=False) as arrays:
        names = arrays.files
        name = NAME if NAME in names else names[0] if len(names) == 1 else None
        if name is None:
            raise UserError(f"{path}: which array are the codes? Its arrays are"
                            f" {', '.join(names)}; use the name {NAME}")  # fmt: skip
        return arrays[name]


def _npy(path: Path) -> np.ndarray:
    return np.load(path, allow_pickle=False)


def _csv(path: Path) -> np.ndarray:
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = next(csv.reader(file), [])
    return read_csv(path, "y" if "y" in head else None)["train"].x
