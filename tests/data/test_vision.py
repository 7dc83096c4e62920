import gzip
import hashlib
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from aetrain.data.vision import CLASSES, FILES, Vision
from aetrain.errors import UserError
from aetrain.values import Values

RNG = np.random.default_rng(0)


def write_idx(path: Path, data: np.ndarray) -> None:
    header = bytes([0, 0, 8, data.ndim]) + np.array(data.shape, ">u4").tobytes()
    path.write_bytes(header + data.astype(np.uint8).tobytes())


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A root with an MNIST of 7 + 3 images of 4x5."""
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for split, n in (("train", 7), ("t10k", 3)):
        write_idx(folder / f"{split}-images-idx3-ubyte", RNG.integers(0, 256, (n, 4, 5)))
        write_idx(folder / f"{split}-labels-idx1-ubyte", np.arange(n))
    return tmp_path


def load_error(source: Vision) -> str:
    with pytest.raises(UserError) as caught:
        source.load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def no_network(*args: object, **kwargs: object) -> None:
    raise OSError("Network is\nunreachable")


def test_idx_files(mnist: Path) -> None:
    splits = Vision("MNIST", str(mnist), download=False).load()
    assert splits.test is not None
    assert splits.train.event == splits.test.event == (1, 4, 5)
    assert (len(splits.train), len(splits.test)) == (7, 3)
    assert splits.train.y is not None
    assert splits.train.y.dtype == torch.int64
    assert splits.train.y.tolist() == list(range(7))
    assert splits.classes == [str(k) for k in range(10)]
    raw = (mnist / "MNIST/raw/train-images-idx3-ubyte").read_bytes()
    x = splits.train.read(torch.arange(7))
    assert x.dtype == torch.uint8
    assert x.numpy().tobytes() == raw[16:]


def test_gzipped_idx_files(mnist: Path) -> None:
    plain = Vision("MNIST", str(mnist)).load()
    for path in (mnist / "MNIST/raw").iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    zipped = Vision("MNIST", str(mnist)).load()
    every = torch.arange(7)
    assert zipped.train.read(every).equal(plain.train.read(every))


def test_raw_is_known_before_load(tmp_path: Path) -> None:
    assert Vision("CIFAR10", str(tmp_path)).raw == Values(0, 255, 256)


def test_unknown_name() -> None:
    with pytest.raises(UserError, match=r"dataset.name=MNST: no such data set.*mean 'MNIST'"):
        Vision("MNST", "data")


@pytest.mark.parametrize("name", CLASSES)
def test_absent(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Vision(name, "data", download=False)
    assert load_error(source) == (
        f"{name} is not in {tmp_path}/{source.folder.relative_to(tmp_path)} "
        f"(dataset.download=false): put {', '.join(FILES[name])} there, or name the folder above "
        "it with dataset.root=..."
    )


def test_only_what_is_absent_is_named(mnist: Path) -> None:
    (mnist / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    assert "put t10k-labels-idx1-ubyte there" in load_error(Vision("MNIST", str(mnist), False))


@pytest.mark.parametrize("name", CLASSES)
def test_failed_download(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    if name != "CIFAR10":
        monkeypatch.setattr(f"torchvision.datasets.{name}.mirrors", ["http://nowhere.invalid/"])
    message = load_error(Vision(name, str(tmp_path)))
    assert message.startswith(f"{name} is not in {tmp_path}/")
    assert "(download failed: Network is unreachable)" in message
    assert "dataset.root=..." in message


def test_download_is_by_torchvision(mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = mnist / "MNIST/raw/train-images-idx3-ubyte"
    kept = images.read_bytes()
    images.unlink()
    monkeypatch.setattr(
        "torchvision.datasets.mnist.download_and_extract_archive",
        lambda url, **kwargs: images.write_bytes(kept),
    )
    assert len(Vision("MNIST", str(mnist)).load().train) == 7


def test_truncated(mnist: Path) -> None:
    path = mnist / "MNIST/raw/t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    assert load_error(Vision("MNIST", str(mnist))) == (
        f"{path}: holds 75 bytes, its header promises 76; delete it and run again with "
        "dataset.download=true"
    )


@pytest.mark.parametrize("content", [b"", b"\0\0", b"<html>not found</html>", b"\0\0\x0d\3" * 9])
def test_no_idx_file(content: bytes, mnist: Path) -> None:
    path = mnist / "MNIST/raw/train-images-idx3-ubyte"
    path.write_bytes(content)
    message = load_error(Vision("MNIST", str(mnist)))
    assert message.startswith(f"{path}: is no idx file of bytes in 3 dimensions; delete it")


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(bytes(999), mtime=0)[:-12]])
def test_broken_gzip(content: bytes, mnist: Path) -> None:
    path = mnist / "MNIST/raw/train-images-idx3-ubyte"
    path.unlink()
    path = path.with_name(f"{path.name}.gz")
    path.write_bytes(content)
    message = load_error(Vision("MNIST", str(mnist), download=False))
    assert message.startswith(f"{path}: ")
    assert message.endswith("; delete it and run again with dataset.download=true")


def test_labels_do_not_match_images(mnist: Path) -> None:
    path = mnist / "MNIST/raw/train-labels-idx1-ubyte"
    write_idx(path, np.arange(6))
    message = load_error(Vision("MNIST", str(mnist)))
    assert message.startswith(f"{path}: 6 labels for 7 images in train-images-idx3-ubyte; ")


class OldDtype:
    """Pickles as NumPy of 2009 spelled a dtype, which NumPy 2.4 deprecates."""

    def __reduce__(self) -> tuple:
        return np.dtype, ("u1", 0, 1)


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, np.ndarray]:
    """A root with a CIFAR10 of 5 x 4 + 4 images, and its pixels (24, 3, 32, 32)."""
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    x = RNG.integers(0, 256, (24, 3, 32, 32), dtype=np.uint8)
    md5 = {}
    for i, name in enumerate(FILES["CIFAR10"]):
        rows = x[4 * i : 4 * i + 4].reshape(-1, 3072)
        entry = {"data": rows, "labels": [i] * 4, "old": OldDtype()}
        if name == "batches.meta":
            entry = {"label_names": CLASSES["CIFAR10"]}
        (folder / name).write_bytes(pickle.dumps(entry, protocol=2))
        md5[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    names = FILES["CIFAR10"]
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5[name]] for name in names[:5]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5["batches.meta"]})
    return tmp_path, x


def test_cifar(cifar: tuple[Path, np.ndarray]) -> None:
    root, x = cifar
    splits = Vision("CIFAR10", str(root), download=False).load()
    assert splits.test is not None
    assert splits.train.y is not None
    assert splits.train.read(torch.arange(20)).numpy().tobytes() == x[:20].tobytes()
    assert splits.test.read(torch.arange(4)).numpy().tobytes() == x[20:].tobytes()
    assert splits.train.y.tolist() == [i // 4 for i in range(20)]
    assert splits.classes[3] == "cat"


@pytest.mark.parametrize("name", ["data_batch_4", "test_batch", "batches.meta"])
def test_damaged_cifar_is_not_unpickled(name: str, cifar: tuple[Path, np.ndarray]) -> None:
    path = cifar[0] / "cifar-10-batches-py" / name
    path.write_bytes(path.read_bytes()[:-3])
    assert load_error(Vision("CIFAR10", str(cifar[0]))) == (
        f"{path}: is not the published file (its md5 differs); delete it and run again with "
        "dataset.download=true"
    )


@pytest.mark.parametrize(("name", "first"), [("MNIST", 5), ("FashionMNIST", 9)])
def test_real(name: str, first: int, shared_data: Path) -> None:
    splits = Vision(name, str(shared_data), download=False).load()
    assert splits.test is not None
    assert splits.train.y is not None
    assert (len(splits.train), len(splits.test)) == (60000, 10000)
    assert splits.train.event == (1, 28, 28)
    assert splits.train.y[0] == first
    assert len(splits.classes) == 10


def test_real_mnist_is_torchvisions(shared_data: Path) -> None:
    from torchvision.datasets import MNIST

    table = Vision("MNIST", str(shared_data)).load().test
    theirs = MNIST(str(shared_data), train=False)
    assert table is not None
    assert table.y is not None
    assert table.read(torch.arange(10000))[:, 0].equal(theirs.data)
    assert table.y.equal(theirs.targets)
    assert re.match("5", theirs.classes[5])
