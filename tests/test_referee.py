"""What is said of a game."""

from typing import Any

import pytest
import torch
from torch import nn

from aetrain.adversarial.adversary import Adversary
from aetrain.adversarial.density_ratio import DensityRatio
from aetrain.adversarial.equilibrium import Equilibrium
from aetrain.adversarial.hinge import Hinge
from aetrain.adversarial.least_squares import LeastSquares
from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.margin import Margin
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.adversarial.outcome import Outcome
from aetrain.adversarial.saturating import Saturating
from aetrain.adversarial.wasserstein import Wasserstein
from aetrain.referee import LINES, Referee

Line = dict[str, float]


def ends(loss: AdversarialLoss | None = None, name: str = "", **options: Any) -> list[Outcome]:
    def network(given: Any, out: Any) -> nn.Module:
        return nn.Linear(1, 1)

    adversary = Adversary(network, [(1,)], name, loss=loss, **options)
    return list(adversary.player(lambda batch: {}).outcomes)


def line(prefix: str = "", **figures: float) -> Line:
    return {f"train/{prefix}{name}": figure for name, figure in figures.items()}


def told(of_real: float, of_fake: float, prefix: str = "", cost: float = 2.0) -> Line:
    accuracies = {"accuracy_real": of_real, "accuracy_fake": of_fake}
    return line(prefix, **accuracies, real=cost, fake=cost)


def said(found: list[Outcome], seen: list[Line]) -> list[str]:
    referee = Referee()
    return [text for step, line in enumerate(seen) for text in referee.judge(line, step, found)]


def often(line: Line, number: int = 30) -> list[Line]:
    return [line] * number


SURE = told(1.0, 0.995, cost=0.01)
FOOLED = told(0.5, 0.0)


def test_a_game_goes_on() -> None:
    seen = [*often(told(0.8, 0.7)), *often(SURE, LINES - 1), *often(told(0.5, 0.5))]
    assert said(ends(), seen) == []
    assert said(ends(), often({"train/loss": 0.0})) == []
    assert said([], often(SURE)) == []


@pytest.mark.parametrize("loss", [NonSaturating(), LeastSquares(), Saturating()])
def test_a_discriminator_that_tells_all_has_won_once(loss: AdversarialLoss) -> None:
    (text,) = said(ends(loss), often(SURE))
    assert text.startswith(f"step {LINES - 1}: the discriminator has won")
    assert "adversary.r1=10" in text
    assert ("adversary=non_saturating" in text) == ("next to nothing" in text)
    assert ("next to nothing" in text) == isinstance(loss, Saturating)


@pytest.mark.parametrize(
    "loss", [NonSaturating(), LeastSquares(), Saturating(), Hinge(), DensityRatio()]
)
def test_a_discriminator_that_takes_all_for_real_has_lost(loss: AdversarialLoss) -> None:
    (text,) = said(ends(loss), often(FOOLED))
    assert "the discriminator has lost" in text
    assert "adversary.updates=5" in text


@pytest.mark.parametrize("loss", [NonSaturating(), LeastSquares(), Saturating(), Hinge()])
def test_who_says_the_same_of_all_a_hair_above_the_boundary_has_not(loss: AdversarialLoss) -> None:
    mark = torch.tensor((loss.boundary or 0.0) + 0.01)
    accuracies = {"accuracy_real": 1.0, "accuracy_fake": 0.0}
    costs = {"real": loss.real(mark).item(), "fake": loss.fake(mark).item()}
    assert said(ends(loss), often(line(**accuracies, **costs))) == []


def test_a_margin_that_all_are_told_by_is_a_victory_and_an_accuracy_none() -> None:
    assert said(ends(Hinge()), often(told(1.0, 1.0, cost=0.2))) == []
    (text,) = said(ends(Hinge()), often(told(1.0, 1.0, cost=0.005)))
    assert "has won: it tells all by its margin" in text


def test_a_critic_is_to_tell_all_but_the_right_way_round() -> None:
    found = ends(Wasserstein(), gradient_penalty=10.0, updates=5)
    assert said(found, often(SURE)) == []
    assert said(found, often(FOOLED)) == []
    (text,) = said(found, often(told(0.0, 0.0)))
    assert "marks all fakes higher than all that is real" in text
    assert "adversary.updates=10" in text
    assert "a smaller adversary.gradient_penalty" in text


def test_a_ratio_of_densities_may_be_sure_but_finds_nothing_below_0() -> None:
    assert said(ends(DensityRatio()), often(SURE)) == []
    (text,) = said(ends(DensityRatio()), often(FOOLED))
    assert "below 0" in text


def test_fakes_of_less_energy_are_the_balance_where_gamma_is_below_1() -> None:
    found = ends(Equilibrium(gamma=0.5))
    lower = {"accuracy_real": 0.0, "accuracy_fake": 0.0}
    assert said(found, often(line(**lower, k=0.0, real=10.0, adversarial=5.0))) == []
    assert said(found, often(line(**lower, k=1.0, real=10.0, adversarial=5.0))) == []
    (text,) = said(found, often(line(**lower, k=1.0, real=10.0, adversarial=2.4)))
    assert "has lost: the balance's k is at 1" in text
    (text,) = said(found, often(line(**lower, k=0.0, real=10.0, adversarial=10.1)))
    assert "has won: the balance's k is at 0" in text


def test_energies_are_held_against_the_margin_as_it_has_become() -> None:
    loss = Margin(margin=1.0)
    found = ends(loss)
    loss.margin.fill_(10.0)
    lower = {"accuracy_real": 0.0, "accuracy_fake": 0.0}
    assert said(found, often(line(**lower, real=20.0, fake=8.0))) == []
    assert said(found, often(line(**lower, real=20.0, fake=0.0))) == []
    (text,) = said(found, often(line(**lower, real=5.0, fake=9.95)))
    assert "has lost: it reconstructs all fakes" in text
    (text,) = said(found, often(line(**lower, real=5.0, fake=0.05)))
    assert "has won: all fakes cost more than the margin" in text
    assert "adversary.r1" not in text


def test_what_is_set_already_is_no_remedy() -> None:
    (text,) = said(ends(r1=10.0, updates=2), often(SURE))
    assert "adversary.r1=10" not in text
    assert "adversary.noise=0.1" in text
    assert "adversary.updates=1" in text
    (text,) = said(ends(noise=0.1, spectral_norm=True), often(SURE))
    assert "adversary.noise" not in text
    assert "spectral_norm" not in text
    (text,) = said(ends(r1=10.0), often(FOOLED))
    assert "a smaller adversary.r1" in text


def test_nobody_is_beaten_who_does_not_play() -> None:
    assert said(ends(), often({**SURE, "weight/adversarial": 0.0})) == []
    assert len(said(ends(), often({**SURE, "weight/adversarial": 0.5}))) == 1


def test_each_game_of_a_model_is_watched_by_itself() -> None:
    both = told(1, 1, "class_", 0.01) | told(0.5, 0.5, "style_", 0.7)
    (text,) = said([*ends(name="class"), *ends(name="style")], often(both))
    assert "the class discriminator has won" in text


def test_a_winner_may_lose() -> None:
    assert len(said(ends(), [*often(SURE), *often(FOOLED)])) == 2


def test_lines_in_which_a_side_did_not_move_are_passed_over() -> None:
    loss, beaten = Equilibrium(), line(k=1.0, real=10.0, adversarial=0.0)
    seen = [*often(beaten, 4), *often(line(k=1.0, real=10.0)), beaten]
    assert len(said(ends(loss), seen)) == 1
