import pytest
import torch

from aetrain.adversarial.hinge import Hinge
from tests.adversarial.best_marks import VARIATION, best_marks, cost


def test_what_is_told_by_the_margin_costs_nothing() -> None:
    marks = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert Hinge().real(marks).tolist() == [3, 2, 1, 0, 0]
    assert Hinge().fake(marks).tolist() == [0, 0, 1, 2, 3]
    assert Hinge().adversary(marks).tolist() == [2, 1, 0, -1, -2]


def test_at_its_best_the_discriminator_knows_the_total_variation() -> None:
    """Its marks are the sign of p − q."""
    marks = best_marks(Hinge(), 9)
    assert marks[0].item() == pytest.approx(1, abs=0.03)
    assert marks[2].item() == pytest.approx(-1, abs=0.03)
    assert cost(Hinge(), marks).item() == pytest.approx(2 - 2 * VARIATION, abs=0.02)
