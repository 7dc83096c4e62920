import pytest
import torch

from aetrain.adversarial.pulling_away import pulling_away


def test_pulling_away_of_codes_that_are_known() -> None:
    assert pulling_away(torch.eye(3)) == 0
    assert pulling_away(torch.ones(4, 2)).item() == pytest.approx(1)
    assert pulling_away(torch.ones(1, 2)) == 0
