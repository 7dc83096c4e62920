"""MNIST, FashionMNIST and CIFAR10, as torchvision lays them out on disk."""

import gzip
import math
import socket
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from aetrain.data.table import Memory, Splits
from aetrain.errors import UserError, did_you_mean
from aetrain.values import Values

CLASSES = {
    "MNIST": list("0123456789"),
    "FashionMNIST": [
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ],
    "CIFAR10": [
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ],
}
FOLDERS = {
    "MNIST": "MNIST/raw",
    "FashionMNIST": "FashionMNIST/raw",
    "CIFAR10": "cifar-10-batches-py",
}
IDX = [f"{split}-{part}" for split in ("train", "t10k") for part in ("images-idx3", "labels-idx1")]
FILES = {
    "MNIST": [f"{name}-ubyte" for name in IDX],
    "FashionMNIST": [f"{name}-ubyte" for name in IDX],
    "CIFAR10": [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"],
}
AGAIN = "delete it and run again with dataset.download=true"


@final
class Vision:
    """One of torchvision's data sets: x uint8 (N, C, H, W), y int64, splits train and test.

    The files are those of `torchvision.datasets.<name>(root)`. Those of MNIST and FashionMNIST,
    as idx or idx.gz, are read here; torchvision is imported for CIFAR10 and to download.

    Arguments:
        name: MNIST, FashionMNIST or CIFAR10.
        root: the folder above `MNIST/raw`, `FashionMNIST/raw` or `cifar-10-batches-py`.
        download: fetch absent files.

    Raises:
        UserError: for an unknown name; from `load`, for absent or damaged files.

    References:
        LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition.
        1998. http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
        Xiao, Rasul, Vollgraf: Fashion-MNIST. 2017. https://arxiv.org/abs/1708.07747
        Krizhevsky: Learning multiple layers of features from tiny images. 2009.
        https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf
    """

    raw = Values(0.0, 255.0, 256)
    event: torch.Size

    def __init__(self, name: str, root: str, download: bool = True) -> None:
        if name not in CLASSES:
            known, near = ", ".join(CLASSES), did_you_mean(name, CLASSES)
            raise UserError(f"dataset.name={name}: no such data set; known: {known}.{near}")
        self.name = name
        self.event = torch.Size((3, 32, 32) if name == "CIFAR10" else (1, 28, 28))
        self.root = Path(root).expanduser().absolute()
        self.folder = self.root / FOLDERS[name]
        self.download = download

    def load(self) -> Splits:
        """Return the tables train and test, downloading what is absent."""
        if self._absent():
            if not self.download:
                raise UserError(self._remedy("dataset.download=false"))
            self._fetch()
        read = self._read_cifar if self.name == "CIFAR10" else self._read_idx
        train, test = read(train=True), read(train=False)
        return Splits(train, test=test, raw=self.raw, classes=list(CLASSES[self.name]))

    def _absent(self) -> list[str]:
        """Return the names of the files that are not there."""
        zipped = "" if self.name == "CIFAR10" else ".gz"
        there = {p.name.removesuffix(zipped) for p in self.folder.glob("*") if p.is_file()}
        return [name for name in FILES[self.name] if name not in there]

    def _remedy(self, reason: str) -> str:
        """Return the one line that says where was looked and what to put there."""
        return (
            f"{self.name} is not in {self.folder} ({reason}): put {', '.join(self._absent())} "
            "there, or name the folder above it with dataset.root=..."
        )

    def _fetch(self) -> None:
        try:
            with _short_timeout():
                self._torchvision(train=True, download=True)
        except Exception as error:  # URLError, OSError, RuntimeError, HTTPException ...
            reason = f"download failed: {_one_line(error)}"
            if self._absent():
                raise UserError(self._remedy(reason)) from error
            raise UserError(f"{self.folder}: {reason}; delete the folder and run again") from error

    def _torchvision(self, train: bool, download: bool) -> Any:
        import torchvision.datasets  # takes one to three seconds

        return getattr(torchvision.datasets, self.name)(str(self.root), train, download=download)

    def _read_idx(self, train: bool) -> Memory:
        images, labels = FILES[self.name][:2] if train else FILES[self.name][2:]
        x, y = _idx(self.folder / images, 3), _idx(self.folder / labels, 1)
        if len(x) != len(y):
            raise UserError(
                f"{self.folder / labels}: {len(y)} labels for {len(x)} images in {images}; " + AGAIN
            )
        return Memory(x.unsqueeze(1), y.long())

    def _read_cifar(self, train: bool) -> Memory:
        """Return a split of CIFAR10; torchvision checks a file's md5 before it unpickles it."""
        try:
            with warnings.catch_warnings():
                # the pickles are of 2009: NumPy 2.4 deprecates how they spell a dtype
                warnings.simplefilter("ignore")
                data = self._torchvision(train, download=False)
        except (RuntimeError, OSError) as error:
            raise UserError(
                f"{self._damaged()}: is not the published file (its md5 differs); {AGAIN}"
            ) from error
        # torchvision holds (N, H, W, C), a view of the (N, C, H, W) that the files hold
        x = torch.from_numpy(np.ascontiguousarray(data.data.transpose(0, 3, 1, 2)))
        return Memory(x, torch.tensor(data.targets))

    def _damaged(self) -> Path:
        """Return the first of CIFAR10's files whose checksum is wrong, else their folder."""
        from torchvision.datasets import CIFAR10
        from torchvision.datasets.utils import check_integrity

        meta = [CIFAR10.meta["filename"], CIFAR10.meta["md5"]]
        for name, md5 in [*CIFAR10.train_list, *CIFAR10.test_list, meta]:
            if not check_integrity(self.folder / name, md5):
                return self.folder / name
        return self.folder


def _idx(path: Path, ndim: int) -> Tensor:
    """Return the bytes of an idx file, or of its .gz: uint8, of `ndim` dimensions.

    Raises:
        UserError: where the file is cut short or holds something else.
    """
    try:
        if path.exists():
            data = np.fromfile(path, np.uint8)
        else:
            path = path.with_name(f"{path.name}.gz")
            with gzip.open(path) as stream:
                data = np.frombuffer(bytearray(stream.read()), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read: {_one_line(error)}; {AGAIN}") from error
    start = 4 + 4 * ndim
    if len(data) < start or data[:4].tolist() != [0, 0, 8, ndim]:
        raise UserError(f"{path}: is no idx file of bytes in {ndim} dimensions; {AGAIN}")
    shape = data[4:start].view(">u4").tolist()
    if len(data) - start != math.prod(shape):
        raise UserError(
            f"{path}: holds {len(data)} bytes, its header promises {start + math.prod(shape)}; "
            + AGAIN
        )
    return torch.from_numpy(data[start:].reshape(shape))


@contextmanager
def _short_timeout() -> Iterator[None]:
    """Let a connection that stays silent fail after 30 s: torchvision sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30.0)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
