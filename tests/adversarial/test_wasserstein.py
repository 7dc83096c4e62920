import pytest
import torch

from aetrain.adversarial.wasserstein import Wasserstein
from tests.adversarial.best_marks import MARKS, VARIATION, best_marks, cost


def test_marks_are_what_is_paid() -> None:
    torch.testing.assert_close(Wasserstein().real(MARKS), -MARKS)
    torch.testing.assert_close(Wasserstein().fake(MARKS), MARKS)
    torch.testing.assert_close(Wasserstein().adversary(MARKS), -MARKS)


def test_at_its_best_the_discriminator_knows_the_distance() -> None:
    """Points that are all 1 apart, by marks that differ by at most 1."""
    marks = best_marks(Wasserstein(), 0.5)
    assert -cost(Wasserstein(), marks).item() == pytest.approx(VARIATION, abs=1e-6)
