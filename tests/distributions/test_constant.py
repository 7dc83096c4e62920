"""Numbers on a device."""

import torch
from torch import nn

from aetrain.distributions.constant import constant
from aetrain.distributions.von_mises_fisher import VonMisesFisher


def test_numbers_that_an_evaluation_asks_for_first_can_be_trained_with() -> None:
    with torch.inference_mode():
        numbers = constant((1.0, 2.5), torch.float64, torch.device("cpu"))
    assert numbers.tolist() == [1.0, 2.5]
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    (x * numbers).sum().backward()
    assert torch.equal(x.grad, numbers)


class Mean(nn.Module):
    def forward(self, loc: torch.Tensor, concentration: torch.Tensor) -> torch.Tensor:
        return VonMisesFisher(loc, concentration).mean


def test_an_export_leaves_nothing_behind() -> None:
    loc, concentration = torch.eye(5), torch.full((5,), 30.0)
    exported = torch.export.export(Mean(), (loc, concentration)).module()
    torch.testing.assert_close(exported(loc, concentration), Mean()(loc, concentration))
    assert type(Mean()(loc, concentration)) is torch.Tensor
