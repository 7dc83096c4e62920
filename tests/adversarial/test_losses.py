"""The losses against torch's own, closed forms and the divergences that they come to."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.functional import mse_loss

from aetrain.adversarial.hinge import Hinge
from aetrain.adversarial.least_squares import LeastSquares
from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.adversarial.saturating import Saturating
from aetrain.adversarial.wasserstein import Wasserstein
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.making import make
from tests.battery import config

MARKS = torch.linspace(-5, 5, 41, dtype=torch.float64)
LOSSES = groups()["adversary"]


def made(name: str) -> AdversarialLoss:
    return make(config(f"adversary={name}")["adversary"]["loss"])


@pytest.mark.parametrize("loss", [NonSaturating, Saturating])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_of_probabilities_the_discriminators_cost_is_cross_entropy(
    loss: type[NonSaturating] | type[Saturating], smoothing: float
) -> None:
    label = torch.full_like(MARKS, 1 - smoothing)
    own = loss(smoothing=smoothing)
    torch.testing.assert_close(own.real(MARKS), cross_entropy(MARKS, label, reduction="none"))
    torch.testing.assert_close(
        own.fake(MARKS), cross_entropy(MARKS, torch.zeros_like(MARKS), reduction="none")
    )


def test_who_makes_fakes_pays_for_the_label_or_for_its_opposite() -> None:
    one, zero = torch.ones_like(MARKS), torch.zeros_like(MARKS)
    flipped = cross_entropy(MARKS, one, reduction="none")
    torch.testing.assert_close(NonSaturating(smoothing=0.3).adversary(MARKS), flipped)
    minimax = -cross_entropy(MARKS, zero, reduction="none")
    torch.testing.assert_close(Saturating().adversary(MARKS), minimax)


def test_least_squares() -> None:
    for own, marks, target in [
        (LeastSquares(smoothing=0.1).real(MARKS), MARKS, 0.9),
        (LeastSquares(smoothing=0.1).fake(MARKS), MARKS, 0.0),
        (LeastSquares(smoothing=0.1).adversary(MARKS), MARKS, 1.0),
    ]:
        expected = 0.5 * mse_loss(marks, torch.full_like(marks, target), reduction="none")
        torch.testing.assert_close(own, expected)


def test_hinge() -> None:
    marks = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert Hinge().real(marks).tolist() == [3, 2, 1, 0, 0]
    assert Hinge().fake(marks).tolist() == [0, 0, 1, 2, 3]
    assert Hinge().adversary(marks).tolist() == [2, 1, 0, -1, -2]


@pytest.mark.parametrize("name", LOSSES)
def test_higher_marks_cost_less_for_real_ones_and_more_for_fakes(name: str) -> None:
    loss, marks = made(name), torch.linspace(-0.9, 0.4, 20).double()
    assert (loss.real(marks).diff() < 0).all()
    assert (loss.adversary(marks).diff() < 0).all()
    rising = torch.linspace(0.1, 0.9, 20).double()  # of least squares, 0 is what fakes should have
    assert (loss.fake(rising).diff() > 0).all()


P, Q = (torch.tensor(p, dtype=torch.float64) for p in ([0.5, 0.3, 0.2], [0.1, 0.3, 0.6]))


def best_marks(loss: AdversarialLoss, bound: float) -> torch.Tensor:
    """Return the marks of three points that cost the discriminator least."""
    marks = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([marks], lr=0.02)
    for _ in range(3000):
        optimizer.zero_grad()
        (P * loss.real(marks) + Q * loss.fake(marks)).sum().backward()
        optimizer.step()
        with torch.no_grad():
            marks.clamp_(-bound, bound)
    return marks.detach()


def test_at_its_best_the_discriminator_knows_a_divergence() -> None:
    """log p/q and Jensen–Shannon; p/(p + q); the sign of p − q and the total variation."""
    marks = best_marks(NonSaturating(), 100)
    torch.testing.assert_close(marks, (P / Q).log(), atol=1e-4, rtol=0)
    middle = 0.5 * (P + Q)
    shannon = 0.5 * ((P * (P / middle).log()).sum() + (Q * (Q / middle).log()).sum())
    loss = Saturating()
    cost = (P * loss.real(marks) + Q * loss.fake(marks)).sum()
    assert cost.item() == pytest.approx(2 * math.log(2) - 2 * shannon.item(), abs=1e-6)
    torch.testing.assert_close(best_marks(LeastSquares(), 9), P / (P + Q), atol=1e-4, rtol=0)
    hinge = best_marks(Hinge(), 9)
    assert hinge[0].item() == pytest.approx(1, abs=0.03)
    assert hinge[2].item() == pytest.approx(-1, abs=0.03)
    variation = 0.5 * (P - Q).abs().sum().item()
    cost = (P * Hinge().real(hinge) + Q * Hinge().fake(hinge)).sum().item()
    assert cost == pytest.approx(2 - 2 * variation, abs=0.02)
    clipped = best_marks(Wasserstein(), 0.5)  # distances of 1 between any two points
    distance = -(P * Wasserstein().real(clipped) + Q * Wasserstein().fake(clipped)).sum().item()
    assert distance == pytest.approx(variation, abs=1e-6)


@pytest.mark.parametrize("loss", [NonSaturating, Saturating, LeastSquares])
@pytest.mark.parametrize("smoothing", [-0.1, 0.5, math.nan])
def test_smoothing_has_a_range(loss: type[NonSaturating], smoothing: float) -> None:
    with pytest.raises(UserError, match=r"adversary\.loss\.smoothing=.*must be at least 0 and"):
        loss(smoothing=smoothing)
