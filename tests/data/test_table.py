import torch

from aetrain.data.table import Factors, Memory, Splits


def test_memory() -> None:
    x = torch.arange(24, dtype=torch.uint8).view(4, 2, 3)
    table = Memory(x, torch.tensor([3, 2, 1, 0]))
    assert (len(table), table.event) == (4, (2, 3))
    read = table.read(torch.tensor([2, 0, 2]))
    assert read.dtype == torch.uint8
    assert read.equal(x[[2, 0, 2]])
    assert table.read(torch.tensor([], dtype=torch.int64)).shape == (0, 2, 3)


def test_splits_that_their_makers_left_out() -> None:
    splits = Splits(Memory(torch.zeros(3, 1)))
    assert splits.valid is splits.test is splits.raw is splits.train.y is None
    assert splits.classes == []
    assert splits.factors is None


def test_factors_that_take_one_value_only_are_left_out() -> None:
    values = torch.tensor([[0, 2, 0], [0, 2, 1], [1, 2, 0]])
    factors = Factors.varying(values, ["a", "b", "c"])
    assert factors is not None
    assert factors.names == ("a", "c")
    assert factors.values.equal(values[:, [0, 2]])
    assert Factors.varying(values[:1], ["a", "b", "c"]) is None
