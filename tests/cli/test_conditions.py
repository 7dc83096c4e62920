"""Verbs of conditional models, against the library used directly."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.cli.conditions import Conditions
from aetrain.cli.opened import opened
from aetrain.data_of import data_of
from aetrain.errors import UserError
from aetrain.evaluation.codes import encoded
from tests.cli.conftest import Ae
from tests.conftest import TINY

FRUIT = ("apple", "fig", "pear")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "cvae"
    aetrain.train([*TINY, "model=cvae", f"run.dir={path}"])
    return path


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run whose classes have names."""
    folder = tmp_path_factory.mktemp("fruit")
    save(folder / "x.npz", [FRUIT[i % 3] for i in range(60)])
    own = ["dataset=array", f"dataset.path={folder / 'x.npz'}", "likelihood=gaussian"]
    aetrain.train([*TINY, *own, "model=cvae", f"run.dir={folder / 'run'}"])
    return folder / "run"


def save(path: Path, labels: list[Any]) -> None:
    x = np.random.default_rng(0).random((len(labels), 3), np.float32)
    np.savez(path, x=x, y=np.array(labels))


def first(trained: Any, n: int) -> tuple[Tensor, Tensor]:
    batch = data_of(trained).first("test", n, trained.model.device)
    return batch["x"], batch["y"]


def test_reconstructions_are_under_the_labels_or_under_a_class(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    x, y = first(trained, 60)
    wanted = {(): y, ("--condition", "3"): 3}
    for options, condition in wanted.items():
        assert ae("reconstruct", run, "test", "--scaled", "-o", "r.npy", *options)[0] == 0
        found = torch.from_numpy(np.load("r.npy"))
        torch.testing.assert_close(found, trained.reconstruct(x, condition=condition))
    assert not torch.allclose(
        trained.reconstruct(x, condition=y), trained.reconstruct(x, condition=3)
    )


def test_codes_keep_their_labels(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    x, y = first(trained, 60)
    assert ae("encode", run, "test", "-o", "z.npz")[0] == 0
    for options, condition in ({(): y, ("--condition", "4"): 4}).items():
        assert ae("decode", run, "z.npz", "--scaled", "-o", "x.npy", *options)[0] == 0
        wanted = trained.decode(trained.encode(x, condition=y), condition=condition)
        torch.testing.assert_close(torch.from_numpy(np.load("x.npy")), wanted)
    assert ae("encode", run, "test", "-o", "z.npy", "--condition", "2")[0] == 0
    torch.testing.assert_close(torch.from_numpy(np.load("z.npy")), trained.encode(x, condition=2))
    status, _, why = ae("decode", run, "z.npy", "-o", "none.npy")
    assert status == 2
    assert "none is given: use condition=" in why
    assert len(why.splitlines()) == 1
    assert not Path("none.npy").exists()


def test_on_the_way_conditions_move_too(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    x, y = first(trained, 2)
    way = ["interpolate", run, "test:0", "test:1", "-n", "3", "--scaled", "-o", "w.npy"]
    assert ae(*way)[0] == 0
    z = trained.encode(x, condition=y)
    c = torch.nn.functional.one_hot(y, 10).float()
    middle = trained.decode(z.mean(0, keepdim=True), condition=c.mean(0))
    found = torch.from_numpy(np.load("w.npy"))
    torch.testing.assert_close(found[[0, 2]], trained.reconstruct(x, condition=y))
    torch.testing.assert_close(found[[1]], middle)
    assert ae(*way, "--condition", "7")[0] == 0
    wanted = trained.decode(trained.encode(x, condition=7).mean(0, keepdim=True), condition=7)
    torch.testing.assert_close(torch.from_numpy(np.load("w.npy"))[[1]], wanted)


def test_traversals_are_under_one_condition(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    x, y = first(trained, 1)
    walk = ["traverse", run, "-n", "3", "--dim", "0", "--scaled", "-o", "t.npy"]
    data = data_of(trained)
    rows = torch.arange(len(data.tables["train"]))
    moving = encoded(trained.model, data, "train", rows, torch.device("cpu")).z[:, 0]
    for options, condition in ({(): int(y), ("--condition", "5"): 5}).items():
        assert ae(*walk, "--at", "test:0", *options)[0] == 0
        z = trained.encode(x, condition=condition).expand(3, -1).clone()
        found = torch.from_numpy(np.load("t.npy"))
        z[:, 0] = moving.mean() + moving.std() * torch.tensor([-2.0, 0, 2])
        torch.testing.assert_close(found, trained.decode(z, condition=condition), atol=1e-5, rtol=0)
    assert ae(*walk, "--condition", "5")[0] == 0
    status, _, why = ae(*walk[:-2], "-o", "none.npy")
    assert (status, len(why.splitlines())) == (2, 1)
    assert "none is given: use condition=" in why


def test_denoising_under_a_condition(run: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(run)
    x, y = first(trained, 60)
    for options, condition in ({(): y, ("--condition", "3"): 3}).items():
        assert ae("denoise", run, "test", "--scaled", "-o", "d.npy", *options)[0] == 0
        wanted = trained.reconstruct(x, condition=condition)
        torch.testing.assert_close(torch.from_numpy(np.load("d.npy")), wanted)


def test_classes_by_name(named: Path, here: Path, ae: Ae):
    trained: Any = aetrain.load(named)
    for word in ("fig", "1"):
        sample = ["sample", named, "-n", "4", "--condition", word, "--scaled", "-o", "s.npy"]
        assert ae(*sample)[0] == 0
        assert np.array_equal(np.load("s.npy"), trained.sample(4, condition=1).numpy())
    save(Path("other.npz"), ["pear", "apple"])
    assert ae("reconstruct", named, "other.npz", "--label", "y", "--scaled", "-o", "r.npy")[0] == 0
    x = torch.from_numpy(np.load("other.npz")["x"])
    wanted = trained.reconstruct(x, condition=torch.tensor([2, 0]))
    torch.testing.assert_close(torch.from_numpy(np.load("r.npy")), wanted)


def test_labels_that_are_missing_are_no_condition(run: Path):
    with opened(run, "cpu", []) as found:
        c = Conditions(found, None).of(3, torch.tensor([-1, 4, -3]), list("0123456789"))
    assert c is not None
    assert c.argmax(1).tolist() == [0, 4, 0]
    assert c.sum(1).tolist() == [0, 1, 0]


def test_numbers_that_are_names_are_names(run: Path):
    """Of data whose labels are 5 and 7, 7 is the second class."""
    with opened(run, "cpu", []) as found:
        found.trained.model.card["classes"] = ["5", "7"]
        assert Conditions(found, "7").chosen == 1
        with pytest.raises(UserError, match=r"--condition 1: must be a class of 5, 7\."):
            Conditions(found, "1")
        with pytest.raises(UserError, match="the label 1, and the training's were of a class of 5"):
            Conditions(found, None).of(1, torch.tensor([0]), ["1"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sample {named} --condition appel", "--condition appel: must be a class of apple, fig, "),
        ("sample {named} --condition 3", "--condition 3: must be a class of apple, fig, pear"),
        ("sample {run} --condition -1", "--condition -1: must be a class of 0, 1, 2"),
        (
            "sample {plain} --condition 1",
            "--condition 1: this model was trained without one: leave",
        ),
        ("reconstruct {plain} test --condition 1", "--condition 1: this model was trained without"),
        (
            "reconstruct {named} kiwi.npz --label y --scaled",
            "the examples have the label kiwi, and",
        ),
        ("reconstruct {named} none.npz --scaled", "none is given: use condition="),
    ],
)
def test_conditions_that_there_are_not(
    named: Path, run: Path, trained_run: Path, here: Path, ae: Ae, line: str, message: str
):
    save(Path("kiwi.npz"), ["kiwi", "apple"])
    np.savez("none.npz", x=np.zeros((2, 3), np.float32))
    words = line.format(named=named, run=run, plain=trained_run).split()
    status, _, why = ae(*words, "-o", "x.npz")
    assert (status, len(why.splitlines())) == (2, 1)
    assert message in why
