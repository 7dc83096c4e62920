import pytest
import torch
from torch.distributions import kl_divergence

from aetrain.distributions.grid_categorical import GridCategorical


def test_what_is_not_offered_says_so() -> None:
    p = GridCategorical(torch.zeros(2, 4, 3), 1)
    assert repr(p) == "GridCategorical(batch_shape=(2,), event_shape=(3,))"
    assert not p.has_rsample
    assert not p.has_enumerate_support
    with pytest.raises(NotImplementedError):
        p.entropy()
    with pytest.raises(NotImplementedError):
        kl_divergence(p, p)
