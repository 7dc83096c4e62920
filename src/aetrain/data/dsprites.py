"""The published dSprites, where the user has the file."""

import zipfile
import zlib
from pathlib import Path
from typing import final

import numpy as np
import torch

from aetrain.data.sprite_shapes import SHAPES
from aetrain.data.sprites import FACTORS
from aetrain.data.table import Factors, Memory, Splits
from aetrain.errors import UserError
from aetrain.values import BINARY

SIDE = 64
UNREADABLE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


@final
class DSprites:
    """737,280 binary images of 64x64, or those of them that a file of the same form holds.

    The file is dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz; of its arrays `imgs` and
    `latents_classes` are read, and nothing is unpickled. All images are held in memory, 3 GB. The
    first factor, the colour, takes one value only and is left out.

    Arguments:
        path: the file.

    Raises:
        UserError: from `load`, where the file is absent or of another form.

    References:
        Matthey, Higgins, Hassabis, Lerchner: dSprites, disentanglement testing sprites dataset.
        2017. https://github.com/google-deepmind/dsprites-dataset
    """

    raw = BINARY
    event = torch.Size((1, SIDE, SIDE))

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser().absolute()

    def load(self) -> Splits:
        """Return one table in memory; the caller splits it."""
        if not self.path.is_file():
            raise UserError(
                f"{self.path}: no such file; set dataset.path=... to the published .npz of"
                " dSprites, or use dataset=sprites, which renders such images"
            )
        images, classes = self._arrays()
        factors = torch.from_numpy(classes).long()[:, 1:]
        return Splits(
            Memory(torch.from_numpy(images).unsqueeze(1), factors[:, 0].contiguous()),
            raw=self.raw,
            classes=list(SHAPES),
            factors=Factors.varying(factors, FACTORS),
        )

    def _arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images (N, 64, 64) uint8 and factors (N, 6) of whole numbers, once checked."""
        try:
            # np.load would leave a broken file open
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                images, classes = arrays["imgs"], arrays["latents_classes"]
        except UNREADABLE as error:
            raise self._other(" ".join(str(error).split())) from error
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or not len(images):
            raise self._other(f"imgs is {images.shape} {images.dtype}, not (N, 64, 64) uint8")
        wanted = (len(images), 1 + len(FACTORS))
        if classes.dtype.kind not in "iu" or classes.shape != wanted:
            raise self._other(
                f"latents_classes is {classes.shape} {classes.dtype}, not {wanted} whole numbers"
            )
        if images.max() > 1:
            raise self._other(f"imgs goes up to {images.max()}, not 1")
        if not 0 <= classes[:, 1].min() <= classes[:, 1].max() < len(SHAPES):
            raise self._other(f"its shapes are not numbered from 0 to {len(SHAPES) - 1}")
        return images, classes

    def _other(self, reason: str) -> UserError:
        return UserError(
            f"{self.path}: is not of the form of the published dSprites ({reason}); set"
            " dataset.path=... to that file, or use dataset=sprites, which renders such images"
        )
