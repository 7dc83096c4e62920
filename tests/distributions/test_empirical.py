import pytest
import torch

from aetrain.distributions.empirical import Empirical


def test_only_the_points_that_count_are_drawn() -> None:
    torch.manual_seed(0)
    d = Empirical(torch.arange(10.0)[:, None], torch.tensor(4))
    x = d.sample((1000,))
    assert x.shape == (1000, 1)
    assert x.unique().tolist() == [0, 1, 2, 3]
    assert d.sample().shape == (1,)
    assert d.sample((2, 3)).shape == (2, 3, 1)


def test_points_have_no_density() -> None:
    with pytest.raises(NotImplementedError):
        Empirical(torch.zeros(3, 2), torch.tensor(3)).log_prob(torch.zeros(2))
