import pytest
import torch

from aetrain.data.draws import SPLITS, FixedDraw, fix_draws
from aetrain.data.table import Memory, Table
from aetrain.data.transform import Binarize, Transform
from aetrain.data.view import View
from aetrain.values import BINARY, Values
from tests.data.tables import Disk, every, grey

BYTES = Values(0, 255, 256)


def test_a_draw_is_a_function_of_seed_and_place() -> None:
    draw = FixedDraw(grey(30), BYTES, 7)
    torch.manual_seed(0)
    whole = every(draw)
    torch.manual_seed(1)
    rows = torch.tensor([29, 3, 3, 11])
    assert draw.read(rows).equal(whole[rows])
    assert every(FixedDraw(Disk(grey(30)), BYTES, 7)).equal(whole)
    assert not every(FixedDraw(grey(30), BYTES, 8)).equal(whole)
    assert whole.dtype == torch.uint8
    assert whole.unique().tolist() == [0, 1]
    assert (len(draw), draw.event) == (30, (1, 4, 5))


def test_equal_examples_are_drawn_apart() -> None:
    x = every(FixedDraw(Memory(torch.full((2, 100), 0.5)), Values(0, 1), 0))
    assert not x[0].equal(x[1])


@pytest.mark.parametrize("raw", [BYTES, Values(-1, 1)])
def test_their_expectation_is_the_grey_value(raw: Values) -> None:
    n = 3000
    p = torch.linspace(0, 1, 9)
    table = Memory((raw.low + p * (raw.high - raw.low)).expand(n, 9))
    mean = every(FixedDraw(table, raw, 0)).float().mean(0)
    assert ((mean - p).abs() <= 4 * (p * (1 - p) / n).sqrt() + 1e-6).all()


def tables(disk: bool = False) -> dict[str, Table]:
    made = {split: grey(2100 if split == "train" else 8) for split in SPLITS}
    return {split: Disk(table) if disk else table for split, table in made.items()}


@pytest.mark.parametrize("binarize", ["none", "threshold"])
def test_what_is_not_drawn_stays(binarize: Binarize) -> None:
    given, transform = tables(), Transform(BYTES, binarize)
    assert fix_draws(given, transform, 0) == (given, dict.fromkeys(SPLITS, transform))


@pytest.mark.parametrize("disk", [False, True])
def test_dynamic_is_drawn_once_for_evaluation(disk: bool) -> None:
    given, transform = tables(disk), Transform(BYTES, "dynamic")
    fixed, transforms = fix_draws(given, transform, 0)
    assert fixed["train"] is given["train"]
    assert transforms == {"train": transform, "valid": Transform(BINARY), "test": Transform(BINARY)}
    # the same examples in two splits are not drawn alike
    assert not every(fixed["valid"]).equal(every(fixed["test"]))
    assert every(fixed["valid"]).unique().tolist() == [0, 1]
    assert isinstance(fixed["valid"], FixedDraw if disk else Memory)


@pytest.mark.parametrize("disk", [False, True])
def test_static_is_drawn_once_for_all(disk: bool) -> None:
    fixed, transforms = fix_draws(tables(disk), Transform(BYTES, "static"), 5)
    assert transforms == dict.fromkeys(SPLITS, Transform(BINARY))
    assert every(fixed["train"]).shape == (2100, 1, 4, 5)
    assert every(fixed["train"]).equal(every(FixedDraw(grey(2100), BYTES, 15)))


def test_labels_stay_with_their_examples() -> None:
    view = View(grey(9), torch.tensor([8, 1]))
    fixed, _ = fix_draws(dict.fromkeys(SPLITS, view), Transform(BYTES, "static"), 0)
    assert all(t.y is not None and t.y.tolist() == [2, 1] for t in fixed.values())


def test_the_seed_of_the_draw() -> None:
    transform = Transform(BYTES, "dynamic")
    first, again, other = (fix_draws(tables(), transform, seed)[0]["test"] for seed in (0, 0, 1))
    assert every(first).equal(every(again))
    assert not every(first).equal(every(other))
