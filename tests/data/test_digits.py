import torch
from sklearn.datasets import load_digits

from aetrain.data.digits import Digits
from aetrain.values import Values
from tests.data.tables import every


def test_digits() -> None:
    splits = Digits().load()
    x, y = load_digits(return_X_y=True)
    table = splits.train
    assert table.event == (1, 8, 8)
    assert every(table).dtype == torch.uint8
    assert every(table).flatten(1).equal(torch.tensor(x, dtype=torch.uint8))
    assert table.y is not None
    assert table.y.equal(torch.tensor(y))
    assert splits.valid is splits.test is None
    assert splits.classes == list("0123456789")


def test_their_levels() -> None:
    splits = Digits().load()
    assert splits.raw == Digits.raw == Values(0, 16, 17)
    assert every(splits.train).unique().tolist() == list(range(17))
