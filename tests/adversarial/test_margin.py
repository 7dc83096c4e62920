import math

import pytest
import torch

from aetrain.adversarial.margin import Margin
from aetrain.errors import UserError


def test_fakes_beyond_the_margin_cost_nothing() -> None:
    energy = torch.tensor([0.0, 1.0, 3.0, 4.0, 9.0])
    loss = Margin(margin=3.0)
    assert loss.real(-energy).tolist() == energy.tolist()
    assert loss.fake(-energy).tolist() == [3, 2, 0, 0, 0]
    assert loss.adversary(-energy).tolist() == energy.tolist()
    assert loss.boundary is None  # an energy has no zero of its own


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan])
def test_a_margin_is_above_0(margin: float) -> None:
    with pytest.raises(UserError, match=r"model\.margin=.*: must be above 0"):
        Margin(margin=margin)
