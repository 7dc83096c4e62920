"""A discriminator: its terms, penalties against autograd's Jacobian, noise and refusals."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from aetrain.adversarial.adversary import Adversary
from aetrain.adversarial.hinge import Hinge
from aetrain.adversarial.slope import between, squared_slope
from aetrain.adversarial.wasserstein import Wasserstein
from aetrain.errors import UserError
from aetrain.networks.mlp import MLP
from aetrain.objectives.terms import Terms
from aetrain.world import World

B, D = 5, (3,)


def adversary(*given: Sequence[int], **options: Any) -> Adversary:
    torch.manual_seed(0)

    def network(shapes: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        return MLP(shapes, out, hidden=(7,), activation="tanh")

    return Adversary(network, given or [D], **options).double()


def draws(*shape: int) -> Tensor:
    return torch.randn(B, *shape, dtype=torch.float64)


def tensors(terms: Terms) -> dict[str, Tensor]:
    return {name: term for name, term in terms.items() if isinstance(term, Tensor)}


def test_the_terms_are_the_losses_of_the_marks() -> None:
    judge = adversary(D, (2,), name="code", loss=Hinge())
    real, fake, told = draws(3), draws(3), draws(2)
    terms = tensors(judge.discrimination([real], [fake], [told]))
    of_real, of_fake = judge(real, told), judge(fake, told)
    torch.testing.assert_close(terms["code_real"], (1 - of_real).relu())
    torch.testing.assert_close(terms["code_fake"], (1 + of_fake).relu())
    assert terms["code_accuracy_real"].tolist() == (of_real > 0).tolist()
    assert terms["code_accuracy_fake"].tolist() == (of_fake <= 0).tolist()
    deceived = tensors(judge.deception([fake], [told]))
    assert deceived.keys() == {"code_adversarial"}
    torch.testing.assert_close(deceived["code_adversarial"], -of_fake)


def test_marks_of_a_wasserstein_game_are_judged_from_the_middle() -> None:
    judge = adversary(loss=Wasserstein(), gradient_penalty=10.0)
    found = judge.accuracy(torch.tensor([7.0, 9.0, 3.0]), torch.tensor([1.0, 2.0, 8.0]))
    assert found["accuracy_real"].tolist() == [1, 1, 0]
    assert found["accuracy_fake"].tolist() == [1, 1, 0]


def jacobians(judge: Adversary, x: Tensor, y: Tensor) -> Tensor:
    """Return |∇D|² of each example by itself, (B,)."""
    found = []
    for one, other in zip(x, y, strict=True):
        rows = jacobian(lambda a, b: judge(a[None], b[None])[0], (one, other))
        assert isinstance(rows, tuple)
        found.append(sum(row.square().sum() for row in rows))
    return torch.stack(found)


def test_the_slope_is_the_jacobians() -> None:
    judge, x, y = adversary(D, (2, 2)), draws(3), draws(2, 2)
    slope = squared_slope(judge, [x, y])
    torch.testing.assert_close(slope, jacobians(judge, x, y))
    assert slope.requires_grad
    with torch.no_grad():
        assert not squared_slope(judge, [x, y]).requires_grad


def test_penalties() -> None:
    judge = adversary(D, (2, 2), r1=3.0, gradient_penalty=4.0)
    real, fake = [draws(3), draws(2, 2)], [draws(3), draws(2, 2)]
    torch.manual_seed(2)
    terms = tensors(judge.discrimination(real, fake))
    torch.testing.assert_close(terms["r1"], 0.5 * jacobians(judge, *real))
    torch.manual_seed(2)
    x, y = between(real, fake)
    expected = (jacobians(judge, x, y).sqrt() - 1).square()
    torch.testing.assert_close(terms["gradient_penalty"], expected)
    assert judge.weights == {
        "r1": 3.0,
        "gradient_penalty": 4.0,
        "accuracy_real": 0.0,
        "accuracy_fake": 0.0,
    }
    with torch.no_grad():
        assert not any(t.requires_grad for t in tensors(judge.discrimination(real, fake)).values())


def test_points_between_lie_at_one_place_of_all_lines() -> None:
    x, y = [draws(3), draws(2, 2)], [draws(3), draws(2, 2)]
    a, b = between(x, y)
    place = (a - x[0]) / (y[0] - x[0])
    other = (b - x[1]) / (y[1] - x[1])
    torch.testing.assert_close(place, place[:, :1].expand_as(place))
    torch.testing.assert_close(other.flatten(1), place[:, :1].expand(B, 4))
    assert ((place > 0) & (place < 1)).all()


def test_noise_falls_to_nothing_and_is_state() -> None:
    judge, x = adversary(noise=0.5), draws(3)
    spread = lambda: (judge._blurred([x.expand(4000, B, 3)])[0] - x).std().item()  # noqa: E731
    assert spread() == pytest.approx(0.5, rel=0.02)
    judge.after_step(3, 10, World())
    assert spread() == pytest.approx(0.35, rel=0.02)
    assert judge.state_dict()["noise_left"].item() == pytest.approx(0.7)
    judge.after_step(10, 10, World())
    assert spread() == 0
    judge.after_step(0, 10, World())
    assert judge.eval()._blurred([x])[0] is x


def test_as_a_player_it_moves_itself_at_its_own_rate() -> None:
    judge = adversary(rate=4.0, updates=3, r1=1.0)
    player = judge.player(lambda batch: judge.discrimination([batch["x"]], [batch["x"]]))
    assert set(player.parameters()) == set(judge.parameters())
    assert (player.rate, player.every) == (4.0, 1)
    assert player.weights["r1"] == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": -1.0}, r"adversary\.noise=-1.0: must be at least 0"),
        ({"r1": -1.0}, r"adversary\.r1=-1.0: must be at least 0"),
        ({"gradient_penalty": -1.0}, r"gradient_penalty=-1.0: must be at least 0"),
        ({"rate": 0.0}, r"adversary\.rate=0.0: must be above 0"),
        ({"rate": math.inf}, r"adversary\.rate=inf: must be above 0 and finite, such as 1"),
        ({"rate": math.nan}, r"adversary\.rate=nan: must be above 0"),
        ({"r1": math.inf}, r"adversary\.r1=inf: must be at least 0 and finite"),
        ({"noise": math.inf}, r"adversary\.noise=inf: must be at least 0 and finite"),
        ({"updates": 0}, r"adversary\.updates=0: must be above 0"),
        ({"loss": Wasserstein()}, r"use adversary\.gradient_penalty=10"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        adversary(**options)
