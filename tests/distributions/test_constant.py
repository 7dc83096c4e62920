"""Numbers on a device."""

import torch

from aetrain.distributions.constant import constant


def test_numbers_that_an_evaluation_asks_for_first_can_be_trained_with() -> None:
    device = torch.device("cpu")
    with torch.inference_mode():
        numbers = constant((1.0, 2.5), torch.float64, device)
    assert numbers.tolist() == [1.0, 2.5]
    assert constant((1.0, 2.5), torch.float64, device) is numbers
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    (x * numbers).sum().backward()
    assert torch.equal(x.grad, numbers)
