"""Labels that some training examples keep, and batches of those that do."""

from typing import Any

import pytest
import torch

from aetrain.data.labelled import MISSING, LabelledBatches, kept_labels, require_labelled
from aetrain.data.loader import Item
from aetrain.data.module import DataModule
from aetrain.data.table import Memory, Splits
from aetrain.errors import UserError
from aetrain.position import Position
from aetrain.values import BINARY, Values
from aetrain.world import World
from tests.data.tables import Disk, Given

CPU = torch.device("cpu")
Y = torch.arange(60) % 3


def module(*, disk: bool = False, **options: Any) -> DataModule:
    """60 grey pictures, each the number of its row, of three classes."""
    x = torch.arange(60, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous()
    table = Memory(x, Y)
    source = Given(Splits(Disk(table) if disk else table, raw=Values(0, 255, 256)), early=True)
    data = DataModule(source, batch_size=10, binarize="threshold", **options)
    data.suit(BINARY)
    data.load(BINARY)
    data.configure(seed=0, position=Position(), per_call=3)
    return data


def test_a_balanced_subset_keeps_its_labels() -> None:
    kept = kept_labels(Y, 12, (), 0)
    assert kept[kept >= 0].bincount().tolist() == [4, 4, 4]
    assert torch.equal(kept[kept >= 0], Y[kept >= 0])
    assert (kept[kept < 0] == MISSING).all()
    assert torch.equal(kept, kept_labels(Y, 12, (), 0))
    assert not torch.equal(kept, kept_labels(Y, 12, (), 1))


def test_only_the_training_labels_are_taken_away() -> None:
    whole, few, no = module(), module(labelled=6), module(labelled="none")
    for split in ("valid", "test"):
        for data in (few, no):
            a, b = data.tables[split].y, whole.tables[split].y
            assert a is not None
            assert b is not None
            assert torch.equal(a, b)
    few_y, no_y, y = (data.tables["train"].y for data in (few, no, whole))
    assert few_y is not None
    assert no_y is not None
    assert y is not None
    assert (few_y >= 0).sum() == 6
    assert torch.equal(few_y[few_y >= 0], y[few_y >= 0])
    assert (no_y < 0).all()
    assert few.classes_seen() == no.classes_seen() == 3
    assert torch.equal(few.batch(Item(torch.arange(9), None, 9), CPU)["y"], few_y[:9])


@pytest.mark.parametrize(
    ("y", "labelled", "message"),
    [
        (None, 3, "dataset.labelled=3: this data set has no labels: use dataset.labelled=all"),
        (None, "none", "dataset.labelled=none: this data set has no labels"),
        (Y, 63, "dataset.labelled=63: there are only 60 labelled training examples: use a smaller"),
        (Y, 10, "dataset.labelled=10: the 3 classes are to have as many labelled examples each:"),
        (Y[Y != 1], 3, "dataset.labelled=3: no training example is of class 1, so none could be"),
        (Y[:5], 3, None),
        (Y[:8], 9, "there are only 8"),
        (torch.cat([Y, Y[Y == 0]]), 63, "of class 1 there are 20: use dataset.labelled=60 or less"),
    ],
)
def test_what_cannot_be_labelled(y: Any, labelled: Any, message: str | None) -> None:
    if message is None:
        assert (kept_labels(y, labelled, (), 0) >= 0).sum() == labelled
        return
    with pytest.raises(UserError) as caught:
        kept_labels(y, labelled, (), 0)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_class_is_named() -> None:
    with pytest.raises(UserError, match="no training example is of class c, so none"):
        kept_labels(torch.tensor([0, 1, 0, 1]), 4, ("a", "b", "c", "d"), 0)


@pytest.mark.parametrize("labelled", ["some", 0, -3, True, 1.5])
def test_words_that_are_not_known(labelled: Any) -> None:
    with pytest.raises(UserError, match="choose all, none, or a number of examples"):
        require_labelled(labelled)


def test_labelled_batches_show_each_example_as_often() -> None:
    batches = LabelledBatches(kept_labels(Y, 12, (), 0), 6, 5)
    rows = torch.stack([batches.rows(n) for n in range(10)])
    assert (Y[rows].sort(1).values == torch.tensor([0, 0, 1, 1, 2, 2])).all()
    assert rows.flatten().bincount()[rows.flatten().unique()].tolist() == [5] * 12
    again = LabelledBatches(kept_labels(Y, 12, (), 0), 6, 5)
    for number in (7, 0, 9, 3):  # a function of the number alone
        assert torch.equal(again.rows(number), rows[number])
    assert not torch.equal(LabelledBatches(kept_labels(Y, 12, (), 0), 6, 6).rows(0), rows[0])


def test_labelled_batches_may_be_larger_than_what_is_labelled() -> None:
    batches = LabelledBatches(kept_labels(Y, 6, (), 0), 15, 0)
    rows = torch.cat([batches.rows(n) for n in range(4)])
    assert rows.bincount()[rows.unique()].tolist() == [10] * 6


@pytest.mark.parametrize(
    ("y", "size", "message"),
    [
        (None, 3, "no training example has a label"),
        (torch.full((9,), -1), 3, "no training example has a label"),
        (Y, 4, "dataset.labelled_batch=4: the 3 classes are to have as many examples each"),
        (Y[Y != 0], 3, "no labelled example is of class 0"),
    ],
)
def test_labelled_batches_that_cannot_be(y: Any, size: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        LabelledBatches(y, size, 0)
    assert message in str(caught.value)


@pytest.mark.parametrize("disk", [False, True])
def test_labelled_examples_stand_beside_each_batch(disk: bool) -> None:
    data = module(disk=disk, labelled=6, labelled_batch=3, workers=0)
    y = data.tables["train"].y
    assert y is not None
    seen = []
    for item in [item for call in data.train_dataloader() for item in call]:
        batch = data.batch(item, CPU)
        assert batch["x_labelled"].shape == (3, 1, 2, 2)
        assert batch["y_labelled"].sort().values.tolist() == [0, 1, 2]
        assert item.labelled is not None
        assert torch.equal(batch["y_labelled"], y[item.labelled])
        seen.append(item.labelled)
    assert set(torch.cat(seen).tolist()) == set((y >= 0).nonzero().flatten().tolist())


def test_labelled_examples_are_corrupted_as_the_batch_is() -> None:
    data = module(labelled=6, labelled_batch=3)
    item = next(iter(data.train_dataloader()))[0]
    clean = data.batch(item, CPU)
    data.corruption = torch.ones_like
    corrupted = data.batch(item, CPU)
    assert not clean["x_labelled"].all()
    assert corrupted["x_labelled"].all()
    assert torch.equal(corrupted["y_labelled"], clean["y_labelled"])
    assert torch.equal(data.batch(item, CPU, corrupted=False)["x_labelled"], clean["x_labelled"])


def test_an_epoch_goes_on_with_the_same_labelled_examples() -> None:
    data = module(labelled=6, labelled_batch=3)
    whole = [item.labelled for call in data.train_dataloader() for item in call]
    data.configure(seed=0, position=Position(batch=2), per_call=3)
    rest = [item.labelled for call in data.train_dataloader() for item in call]
    assert [r.tolist() for r in rest if r is not None] == [
        w.tolist() for w in whole[2:] if w is not None
    ]
    data.configure(seed=0, position=Position(epoch=1), per_call=3)
    later = data.train_dataloader()
    assert later.labelled is not None
    first = next(iter(later))[0].labelled
    assert first is not None
    assert torch.equal(first, later.labelled.rows(len(whole)))


def test_processes_divide_the_labelled_examples() -> None:
    parts = []
    for rank in range(2):
        data = module(labelled=12, labelled_batch=6)
        data.configure_world(rank, 2)
        parts.append([i.labelled for call in data.train_dataloader() for i in call])
    alone = module(labelled=12, labelled_batch=6)
    whole = [i.labelled for call in alone.train_dataloader() for i in call]
    assert World().size == 1
    for a, b, c in zip(*parts, whole, strict=True):
        assert a is not None
        assert b is not None
        assert c is not None
        assert torch.equal(torch.stack([a, b], 1).flatten(), c)
