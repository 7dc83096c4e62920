import torch

from aetrain.regularisers.code_norm import CodeNorm
from tests.regularisers.decoders import CODE, passed, perceptron


def test_half_the_squared_length() -> None:
    torch.manual_seed(0)
    decoder, z = perceptron(), torch.randn(4, *CODE, dtype=torch.float64)
    made = CodeNorm(decoder, decoder)
    expected = {"code_norm": 0.5 * torch.linalg.vector_norm(z, dim=1) ** 2}
    torch.testing.assert_close(made.terms(*passed(decoder, z)), expected)
    torch.testing.assert_close(made.figures(*passed(decoder, z)), expected)
