"""The sheet of classes: each code decoded under each class."""

import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.build import build_model
from aetrain.figures.classes import classes
from tests.battery import config


@pytest.mark.parametrize("model", ["caae", "cvae"])
def test_a_row_is_one_code_and_a_column_one_class(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Tensor, int]] = []

    def note(x: Tensor, *, title: str, columns: int) -> Figure:
        seen.append((x, columns))
        return Figure()

    monkeypatch.setattr("aetrain.figures.classes.samples", note)
    made = build_model(config(f"model={model}", "latent=2", "conditioning.classes=3"), (1, 4, 4))
    made.eval()
    batch = {"x": torch.rand(5, 1, 4, 4), "y": torch.tensor([0, 1, 2, 0, -1])}
    classes(made, batch)
    ((sheet, columns),) = seen
    rows = sheet.unflatten(0, (-1, columns))
    assert rows.shape == (5, 4, 1, 4, 4)
    torch.testing.assert_close(rows[:, 0], batch["x"])
    with torch.no_grad(), made.conditioned(batch):
        z = made.encode(batch["x"]).mean
    for k in range(3):
        with torch.no_grad(), made.under(k, 5):
            torch.testing.assert_close(rows[:, 1 + k], made.decode(z).mean)
    assert not torch.allclose(rows[:, 1], rows[:, 2])


def test_a_model_without_a_condition_has_no_classes() -> None:
    model = build_model(config("model=vae", "latent=2"), (1, 4, 4))
    with pytest.raises(ValueError, match="only a conditional model"):
        classes(model, {"x": torch.rand(2, 1, 4, 4)})
