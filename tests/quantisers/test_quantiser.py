import torch

from aetrain.quantisers.quantiser import straight_through


def test_values_bit_for_bit_with_the_gradient_of_the_features() -> None:
    torch.manual_seed(0)
    features = torch.randn(4, 3, 2, dtype=torch.float64, requires_grad=True)
    values = torch.randn(4, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.equal(straight_through(features, values), values)
    jacobian = torch.autograd.functional.jacobian(lambda f: straight_through(f, values), features)
    assert isinstance(jacobian, torch.Tensor)
    assert torch.equal(jacobian.reshape(24, 24), torch.eye(24, dtype=torch.float64))
    straight_through(features, values).sum().backward()
    assert values.grad is None
