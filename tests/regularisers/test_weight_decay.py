import numpy as np
import torch

from aetrain.regularisers.weight_decay import WeightDecay
from tests.regularisers.decoders import CODE, convolutions, passed, perceptron

ZEROS = torch.zeros(4, *CODE, dtype=torch.float64)


def test_half_the_sum_of_squares_without_biases() -> None:
    for decoder in (perceptron(), convolutions()):
        weights = [v for k, v in decoder.network.state_dict().items() if k.endswith("weight")]
        expected = 0.5 * sum((np.asarray(w) ** 2).sum() for w in weights)
        (cost,) = WeightDecay(decoder, decoder).terms(*passed(decoder, ZEROS)).values()
        assert isinstance(cost, torch.Tensor)
        assert cost.shape == ()
        np.testing.assert_allclose(cost.item(), expected, rtol=1e-6)


def test_its_gradient_is_the_weight() -> None:
    decoder = perceptron()
    (cost,) = WeightDecay(decoder, decoder).terms(*passed(decoder, ZEROS)).values()
    assert isinstance(cost, torch.Tensor)
    cost.backward()
    for name, parameter in decoder.network.named_parameters():
        if name.endswith("weight"):
            torch.testing.assert_close(parameter.grad, parameter.detach(), rtol=1e-6, atol=1e-8)
        else:
            assert parameter.grad is None
