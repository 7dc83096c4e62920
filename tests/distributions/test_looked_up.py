import torch
from torch.distributions import Categorical

from aetrain.distributions.looked_up import LookedUp


def test_draws_are_what_the_indices_stand_for() -> None:
    torch.manual_seed(0)
    table = torch.randn(4, 2, 3)
    base = Categorical(torch.tensor([0.5, 0.25, 0.25, 0.0]))
    p = LookedUp(base, lambda i: table[i], torch.Size([2, 3]))
    assert (p.batch_shape, p.event_shape) == (torch.Size(), torch.Size([2, 3]))
    draws = p.sample((1000, 4))
    assert draws.shape == (1000, 4, 2, 3)
    assert not draws.requires_grad
    which = (draws.unsqueeze(2) == table).all((3, 4))
    assert (which.sum(2) == 1).all()
    torch.testing.assert_close(which.float().mean((0, 1)), base.probs, atol=0.04, rtol=0)
