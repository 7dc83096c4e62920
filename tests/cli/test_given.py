"""Examples that verbs are given: every kind of file, brought to the model's shape and values."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetrain.cli.given import Given, given
from aetrain.cli.opened import Opened, opened
from aetrain.errors import UserError
from tests.cli.conftest import Ae

PIXELS = np.random.default_rng(0).integers(0, 17, (5, 8, 8))


@pytest.fixture
def run(trained_run: Path):
    with opened(trained_run, "cpu", []) as found:
        yield found


def read(run: Opened, *words: object, **options: bool) -> Given:
    return given([str(w) for w in words], run, **options)


def everything(found: Given) -> torch.Tensor:
    return torch.cat([x for x, _ in found.batches()])


def test_numbers_of_every_file_are_scaled_and_binarised_as_in_training(run: Opened, here: Path):
    np.save("a.npy", PIXELS.reshape(5, 64).astype(np.float32))
    np.savez("b.npz", x=PIXELS[:, None].astype(np.float32), y=np.arange(5) % 2)
    np.savetxt("c.csv", PIXELS.reshape(5, 64), delimiter=",")
    draws = torch.stack([everything(read(run, name)) for name in ("a.npy", "b.npz", "c.csv")])
    assert draws.shape == (3, 5, 1, 8, 8)
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(draws[0], draws[2])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    grey = torch.from_numpy(PIXELS).float()[:, None] / 16
    assert torch.equal(draws[0] > 0, (grey > 0) & (draws[0] > 0))
    many = torch.stack([everything(read(run, "a.npy", seed=s)) for s in range(400)]).mean(0)
    assert (many - grey).abs().max() < 5 * 0.5 / 20  # five standard errors of a share


def test_scaled_numbers_are_left_as_they_are(run: Opened, here: Path):
    x = torch.rand(5, 1, 8, 8)
    np.save("x.npy", x.numpy())
    assert torch.equal(everything(read(run, "x.npy", scaled=True)), x)
    with pytest.raises(UserError, match=r"x\.npy: holds numbers from .* --scaled"):
        everything(read(run, "x.npy"))


def test_rows_are_counted_through_all_splits_of_a_file(run: Opened, here: Path):
    x = np.random.default_rng(0).random((5, 1, 8, 8), np.float32)
    np.savez("d.npz", x_train=x[:3], x_test=x[3:])
    for row in range(5):
        (only,) = read(run, f"d.npz:{row}", scaled=True).only().x
        assert np.array_equal(only.numpy(), x[row])
    with pytest.raises(UserError, match=r"^d\.npz:5: there are 5 rows; choose one from 0$"):
        read(run, "d.npz:5", scaled=True)
    with pytest.raises(UserError, match=r"^d\.npz: holds 5 examples; choose one of them"):
        read(run, "d.npz", scaled=True).only()


def test_images_in_files_folders_and_zips(run: Opened, here: Path):
    Path("d/one").mkdir(parents=True)
    Path("d/two").mkdir()
    for i, place in enumerate(("one/a", "one/b", "two/c")):
        Image.fromarray(np.full((20, 30, 3), 5 * i, np.uint8)).save(f"d/{place}.png")
    with zipfile.ZipFile("z.zip", "w") as file:
        for path in Path("d").rglob("*.png"):
            file.write(path, path.relative_to("d"))
    for words in (["d"], ["z.zip"], ["d/one/a.png", "d/one/b.png", "d/two/c.png"]):
        found = read(run, *words, scaled=True)
        assert len(found) == 3
        assert everything(found)[:, 0, 0, 0].tolist() == [0, 5, 10]
    assert read(run, "d").classes == ["one", "two"]


def test_a_split_of_the_runs_own_data_and_one_row(run: Opened):
    whole = read(run, "test")
    assert whole.labelled
    assert len(whole) == 60
    row = read(run, "test:7")
    assert torch.equal(everything(row), everything(whole)[7:8])
    assert everything(read(run, "test:7", "test:7")).shape == (2, 1, 8, 8)
    parts = list(whole.batches(25))
    assert [len(x) for x, _ in parts] == [25, 25, 10]
    labels = torch.cat([y for _, y in parts if y is not None])
    assert torch.equal(labels, torch.cat([y for _, y in whole.blocks() if y is not None]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no.npy"], "no.npy: no such file; choose a file, or train, valid or test"),
        (["test:60"], "test:60: there are 60 rows; choose one from 0"),
        (["short.npy"], r"short.npy: its examples have the shape \(7,\), but .* \(1, 8, 8\)"),
        (["large.npy"], "large.npy: holds numbers from 99 to 99, but .* 17 values from 0 to 16"),
        (["pickle.npy"], "pickle.npy: holds pickled Python objects, which could run code"),
    ],
)
def test_what_is_no_example(run: Opened, here: Path, words: list[str], message: str):
    np.save("short.npy", np.zeros((3, 7), np.float32))
    np.save("large.npy", np.full((3, 64), 99.0, np.float32))
    np.save("pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match=message):
        everything(read(run, *words))


def test_images_for_a_model_of_vectors(vectors_run: Path, here: Path, ae: Ae):
    Image.fromarray(np.zeros((4, 4), np.uint8)).save("a.png")
    status, _, err = ae("encode", vectors_run, "a.png")
    assert status == 2
    assert err.startswith("ae: a.png: the model was trained on (3,), not on images: use one of")


def test_a_checkpoint_is_enough_to_read_files(vectors_run: Path, here: Path, ae: Ae):
    """The data of the training may be gone."""
    data = vectors_run.parent / "x.csv"
    hidden = data.rename(data.with_suffix(".gone"))
    try:
        Path("new.csv").write_text("a,b,c\n1,2,0\n3,4,2\n")
        status, out, err = ae("encode", vectors_run, "new.csv", "-o", "z.npz", "--json")
        assert (status, err) == (0, "")
        assert json.loads(out) == {"output": "z.npz", "codes": 2}
        status, _, err = ae("encode", vectors_run, "test")
        assert status == 2
        assert "x.csv: does not exist" in err
    finally:
        hidden.rename(data)
