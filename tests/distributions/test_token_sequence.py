"""A Markov chain, whose masses can be written down, as a sequence of tokens."""

import itertools

import pytest
import torch
from torch import Tensor

from aetrain.distributions.token_sequence import TokenSequence

K, EVENT = 3, torch.Size([2, 2])
T = EVENT.numel()


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


class Chain:
    """p(i₁) and p(iₜ | iₜ₋₁) as tables of logits that are not normalised."""

    def __init__(self) -> None:
        self.first = torch.randn(K, dtype=torch.float64)
        self.next = torch.randn(K, K, dtype=torch.float64)

    def logits(self, tokens: Tensor) -> Tensor:
        first = self.first.expand(len(tokens), 1, K)
        return torch.cat([first, self.next[tokens[:, :-1]]], 1)

    def mass(self, tokens: list[int]) -> float:
        p = self.first.softmax(0)[tokens[0]].item()
        for before, token in itertools.pairwise(tokens):
            p *= self.next[before].softmax(0)[token].item()
        return p


def test_the_masses_are_the_chains_and_sum_to_one() -> None:
    chain = Chain()
    p = TokenSequence(chain.logits, lambda n: torch.zeros(n, T).long(), EVENT)
    every = torch.tensor(list(itertools.product(range(K), repeat=T)))
    masses = p.log_prob(every.view(-1, *EVENT)).exp()
    expected = torch.tensor([chain.mass(t) for t in every.tolist()], dtype=torch.float64)
    torch.testing.assert_close(masses, expected)
    assert masses.sum().item() == pytest.approx(1.0, abs=1e-12)


def test_shapes() -> None:
    p = TokenSequence(Chain().logits, lambda n: torch.randint(K, (n, T)), EVENT)
    assert (p.batch_shape, p.event_shape) == (torch.Size(), EVENT)
    for shape in [(), (5,), (2, 3)]:
        draws = p.sample(shape)
        assert draws.shape == (*shape, *EVENT)
        assert p.log_prob(draws).shape == shape


def test_half_precision_is_normalised_in_float32() -> None:
    chain = Chain()
    chain.first, chain.next = chain.first.bfloat16(), chain.next.bfloat16()
    p = TokenSequence(chain.logits, lambda n: torch.zeros(n, T).long(), EVENT)
    every = torch.tensor(list(itertools.product(range(K), repeat=T)))
    assert p.log_prob(every.view(-1, *EVENT)).exp().sum().item() == pytest.approx(1.0, abs=1e-6)
