"""Training on codes: what is kept is what served held-out codes best."""

import pytest
import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.samplers.minimise import Schooling, minimise


class Mean(nn.Module):
    """Estimates a mean by least squares."""

    def __init__(self) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.zeros(2))

    def cost(self, codes: Tensor) -> Tensor:
        return (codes - self.at).square().sum(1)


def test_it_reaches_the_minimum() -> None:
    torch.manual_seed(0)
    module, z = Mean(), torch.randn(1000, 2) + torch.tensor([3.0, -1.0])
    minimise(module, module.cost, z, Schooling(updates=400, batch=100, lr=0.1))
    torch.testing.assert_close(module.at, z.mean(0), atol=0.1, rtol=0)
    assert not module.at.requires_grad
    assert not module.training


def test_a_state_that_is_worse_on_held_out_codes_is_not_kept() -> None:
    """Trained towards what is taught, the module would leave what is held out."""
    torch.manual_seed(0)
    module = Mean()

    def cost(codes: Tensor) -> Tensor:
        # worse for all of the codes the farther it goes, but the gradient leads away
        away = -module.at.sum().expand(len(codes))
        return module.at.detach().square().sum().expand(len(codes)) + (away - away.detach())

    minimise(module, cost, torch.randn(100, 2), Schooling(updates=40, lr=0.1))
    assert torch.equal(module.at, torch.zeros(2))


def test_numbers_that_cannot_be() -> None:
    for schooling, message in [
        ({"updates": 0}, "sampler.updates=0: must be at least 1"),
        ({"batch": -1}, "sampler.batch=-1: must be at least 1"),
        ({"lr": -0.1}, "sampler.lr=-0.1: must be above 0, such as 0.001"),
    ]:
        with pytest.raises(UserError) as error:
            Schooling(**schooling)
        assert str(error.value) == message
