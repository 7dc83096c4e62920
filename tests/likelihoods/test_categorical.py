import math

import pytest
import torch

from aetrain.errors import UserError
from aetrain.likelihoods.categorical import Categorical
from aetrain.values import Values


def test_uniform_pixels_cost_eight_bits_each() -> None:
    family = Categorical((1, 4, 4), levels=None)
    assert family.parameter_shape == (256, 1, 4, 4)
    assert family.support == Values(0, 1, 256)
    x = torch.randint(256, (3, 1, 4, 4)) / 255
    cost = -family(torch.zeros(3, 256, 1, 4, 4)).log_prob(x)
    torch.testing.assert_close(cost / (16 * math.log(2)), torch.full((3,), 8.0))


def test_every_level_is_found_on_its_grid() -> None:
    """Of x as it comes from data: k / (K − 1) in float32."""
    for levels in (2, 3, 17, 256, 1000):
        family = Categorical((1,), levels=levels)
        logits = torch.randn(levels, 1)
        x = (torch.arange(levels) / (levels - 1)).float()[:, None]
        expected = logits[:, 0].log_softmax(0)
        torch.testing.assert_close(family(logits).log_prob(x), expected)


def test_moments() -> None:
    p = Categorical((1,), levels=3)(torch.tensor([[0.2], [0.3], [0.5]]).log())
    torch.testing.assert_close(p.mean, torch.tensor([0.65]))
    torch.testing.assert_close(p.variance, torch.tensor([0.3 * 0.25 + 0.5 - 0.65**2]))


@pytest.mark.parametrize("levels", [0, 1, -3])
def test_there_are_two_levels_at_least(levels: int) -> None:
    with pytest.raises(UserError) as caught:
        Categorical((5,), levels=levels)
    assert str(caught.value) == f"likelihood.levels={levels}: must be at least 2"
