import pytest
import torch

from aetrain.adversarial.equilibrium import Equilibrium
from aetrain.world import World


def test_what_each_side_pays() -> None:
    loss, marks = Equilibrium(start=0.3), torch.tensor([-1.0, -4.0])
    assert loss.real(marks).tolist() == [1, 4]
    torch.testing.assert_close(loss.fake(marks), torch.tensor([-0.3, -1.2]))
    assert loss.adversary(marks).tolist() == [1, 4]


@pytest.mark.parametrize(("real", "fake", "k"), [(9.0, 1.0, 1.0), (1.0, 9.0, 0.0)])
def test_k_stays_between_0_and_1(real: float, fake: float, k: float) -> None:
    loss = Equilibrium(speed=1.0, start=0.5)
    loss.real(torch.full((4,), -real))
    loss.fake(torch.full((3,), -fake))
    loss.after_step(1, 10, World())
    assert loss.k == k


def test_the_balance_is_where_energies_are_in_the_ratio() -> None:
    """A stand-in for the game: fakes cost the less the larger k is, examples the more."""
    loss = Equilibrium(gamma=0.5, speed=0.05)
    for step in range(2000):
        k = loss.k.item()
        loss.real(torch.full((5,), -(2.0 + k)))
        loss.fake(torch.full((5,), -(0.5 + 2 * k)))
        loss.after_step(step + 1, 2000, World())
    assert loss.k.item() == pytest.approx(1 / 3, abs=1e-3)  # ½ (2 + k) = ½ + 2 k
    assert loss.convergence().item() == pytest.approx(7 / 3, abs=1e-2)
