"""Who sees whom, by the Jacobian; one after another against all at once."""

import pytest
import torch
from torch import Tensor

from aetrain.networks.causal_transformer import CausalAttention, CausalTransformer

T, WIDTH = 6, 8


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(depth: int = 2) -> CausalTransformer:
    return CausalTransformer(WIDTH, heads=2, depth=depth).double()


def tokens(n: int = 3) -> Tensor:
    return torch.randn(n, T, WIDTH, dtype=torch.float64)


def test_a_token_sees_itself_and_all_before_it() -> None:
    network = made()
    full = torch.autograd.functional.jacobian(lambda x: network(x)[0], tokens(1))
    assert isinstance(full, Tensor)
    sees = full.reshape(T, WIDTH, T, WIDTH).abs().amax((1, 3)) > 0
    assert torch.equal(sees, torch.ones(T, T).tril().bool())


def test_one_after_another_is_as_all_at_once() -> None:
    network, x = made(), tokens()
    whole, _ = network(x)
    before, parts = None, []
    for token in x.split(1, 1):
        part, before = network(token, before)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-12, atol=1e-12)


def test_attention_against_its_formula() -> None:
    attention, x = CausalAttention(WIDTH, 2).double(), tokens()
    q, k, v = attention.query_key_value(x).reshape(3, T, 3, 2, 4).permute(2, 0, 3, 1, 4)
    mean = torch.zeros(3, 2, T, 4, dtype=torch.float64)
    for t in range(T):
        scores = torch.einsum("nhd,nhjd->nhj", q[:, :, t], k[:, :, : t + 1]) / 4**0.5
        mean[:, :, t] = torch.einsum("nhj,nhjd->nhd", scores.softmax(-1), v[:, :, : t + 1])
    expected = attention.output(mean.transpose(1, 2).reshape(3, T, WIDTH))
    torch.testing.assert_close(attention(x, None)[0], expected)
