"""A file of the form of the published one: real dSprites are too large for the tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import aetrain
from aetrain.data.dsprites import DSprites
from aetrain.data.sprites import Sprites
from aetrain.errors import UserError
from aetrain.values import BINARY
from tests.conftest import TINY
from tests.data.tables import every


def arrays() -> dict[str, Any]:
    """Return arrays as the published file names them, with its pickled metadata."""
    splits = Sprites(64, scales=2, rotations=3, positions=2).load()
    assert splits.factors is not None
    classes = splits.factors.values.numpy()
    return {
        "metadata": np.array({"author": "nobody"}, dtype=object),
        "imgs": every(splits.train)[:, 0].numpy(),
        "latents_classes": np.pad(classes, ((0, 0), (1, 0))),
        "latents_values": np.pad(classes, ((0, 0), (1, 0))).astype(np.float64),
    }


def written(path: Path, **changed: Any) -> Path:
    content = {k: v for k, v in {**arrays(), **changed}.items() if v is not None}
    np.savez_compressed(path / "dsprites.npz", **content)
    return path / "dsprites.npz"


def test_images_and_factors(tmp_path: Path) -> None:
    source = DSprites(str(written(tmp_path)))
    splits, expected = source.load(), Sprites(64, scales=2, rotations=3, positions=2).load()
    assert source.raw == splits.raw == BINARY
    assert splits.train.event == source.event == (1, 64, 64)
    assert every(splits.train).equal(every(expected.train))
    assert splits.factors is not None
    assert expected.factors is not None
    assert splits.factors.names == expected.factors.names
    assert splits.factors.values.equal(expected.factors.values)
    assert splits.classes == expected.classes
    assert splits.train.y is not None
    assert splits.train.y.equal(expected.factors.values[:, 0])
    assert splits.train.y.dtype == torch.int64


def test_a_job(tmp_path: Path, here: Path) -> None:
    results = aetrain.train([*TINY, "dataset=dsprites", f"dataset.path={written(tmp_path)}"])
    assert results["test/elbo"] < 0


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        DSprites(str(tmp_path / "absent.npz")).load()
    assert str(caught.value) == (
        f"{tmp_path}/absent.npz: no such file; set dataset.path=... to the published .npz of"
        " dSprites, or use dataset=sprites, which renders such images"
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"imgs": None}, "imgs is not a file in the archive"),
        ({"latents_classes": None}, "latents_classes is not a file in the archive"),
        ({"imgs": np.zeros((72, 32, 32), np.uint8)}, "imgs is (72, 32, 32) uint8, not (N, 64, 64)"),
        ({"imgs": np.zeros((72, 64, 64))}, "imgs is (72, 64, 64) float64, not (N, 64, 64) uint8"),
        ({"imgs": np.full((72, 64, 64), 255, np.uint8)}, "imgs goes up to 255, not 1"),
        ({"latents_classes": np.zeros((71, 6), int)}, "is (71, 6) int64, not (72, 6) whole"),
        ({"latents_classes": np.zeros((72, 6))}, "is (72, 6) float64, not (72, 6) whole"),
        ({"latents_classes": np.full((72, 6), 3)}, "its shapes are not numbered from 0 to 2"),
        ({"imgs": np.array([{}], dtype=object)}, "Object arrays cannot be loaded"),
    ],
    ids=range(9),
)
def test_another_form(changed: dict[str, Any], reason: str, tmp_path: Path) -> None:
    path = written(tmp_path, **changed)
    with pytest.raises(UserError) as caught:
        DSprites(str(path)).load()
    message = str(caught.value)
    assert message.startswith(f"{path}: is not of the form of the published dSprites (")
    assert reason in message
    assert message.endswith("or use dataset=sprites, which renders such images")
    assert "\n" not in message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"not a zip"])
def test_a_broken_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(UserError, match="is not of the form of the published dSprites"):
        DSprites(str(tmp_path / "broken.npz")).load()
