"""The averages against their closed forms."""

from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.quantisers.codebook import Codebook
from aetrain.world import World

D, K = 3, 7


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(**options: Any) -> Codebook:
    return Codebook(D, K, **options).double()


def batch(n: int = 40) -> Tensor:
    return torch.randn(n, D, dtype=torch.float64)


def step(codebook: Codebook, features: Tensor, world: World | None = None) -> Tensor:
    indices = codebook(features)
    codebook.after_step(1, 1, world or World())
    return indices


def test_counts_and_sums_are_those_of_all_batches_discounted_by_their_age() -> None:
    """N_k = Σₜ γ^(T−t) nₜₖ and S_k = Σₜ γ^(T−t) Σ z, written out; e_k = S_k / N_k."""
    codebook = made(decay=0.8, revive_below=0.0)
    batches = [batch(n) for n in (40, 11, 64, 1)]
    chosen = [step(codebook, features) for features in batches]
    counts, sums = torch.zeros(K, dtype=torch.float64), torch.zeros(K, D, dtype=torch.float64)
    for age, (features, indices) in enumerate(zip(reversed(batches), reversed(chosen))):
        for z, k in zip(features, indices.tolist()):
            counts[k] += 0.8**age
            sums[k] += 0.8**age * z
    torch.testing.assert_close(codebook.counts, counts)
    torch.testing.assert_close(codebook.sums, sums)
    met = counts > 0
    torch.testing.assert_close(codebook.vectors[met], (sums / counts.unsqueeze(1))[met])
    seen = sum(0.8**age * n for age, n in enumerate((1, 64, 11, 40)))
    assert codebook.counts.sum().item() == pytest.approx(seen, rel=1e-12)


def test_without_decay_the_counts_sum_to_the_features_seen() -> None:
    codebook = made(decay=1.0, revive_below=0.0)
    for n in (40, 11, 64):
        step(codebook, batch(n))
    assert codebook.counts.sum() == 115


def test_with_one_code_in_use_it_is_the_discounted_mean() -> None:
    codebook = made(decay=0.5, revive_below=0.0)
    codebook.vectors[1:] = 1e6
    first, second = batch(8), batch(8)
    step(codebook, first)
    step(codebook, second)
    mean = (first.mean(0) + 2 * second.mean(0)) / 3
    torch.testing.assert_close(codebook.vectors[0], mean)


def test_a_code_that_was_never_met_stays() -> None:
    codebook = made(revive_below=0.0)
    codebook.vectors[3] = 1e6
    step(codebook, batch())
    assert (codebook.vectors[3] == 1e6).all()
    assert codebook.counts[3] == 0


def test_dead_codes_move_to_features_of_the_batch() -> None:
    codebook = made(decay=0.9, revive_below=2.0)
    codebook.vectors[2:] = 1e6
    features = batch()
    step(codebook, features)
    assert (codebook.counts[2:] == 2).all()
    torch.testing.assert_close(codebook.sums[2:], 2 * codebook.vectors[2:])
    distances = torch.cdist(codebook.vectors[2:], features).min(1).values
    assert distances.max() < 1e-6
    again = codebook.vectors[2:].clone()
    step(codebook, features)
    assert (codebook.counts >= 2).all()
    assert not torch.equal(codebook.vectors[2:], again)


@pytest.mark.parametrize("how", ["evaluating", "without gradients"])
def test_only_a_training_pass_changes_it(how: str) -> None:
    codebook = made()
    before = {name: x.clone() for name, x in codebook.state_dict().items()}
    codebook.train(how != "evaluating")
    with torch.set_grad_enabled(how == "evaluating"):
        step(codebook, batch())
    assert all(torch.equal(x, before[name]) for name, x in codebook.state_dict().items())


def test_a_pass_counts_once() -> None:
    codebook = made()
    step(codebook, batch())
    before = codebook.counts.clone()
    codebook.after_step(2, 2, World())
    assert torch.equal(codebook.counts, before)


class Two(World):
    """The first of two processes, which is told what the second adds."""

    def sum(self, x: Tensor) -> Tensor:
        messages.append(x)
        return x + others.pop()


messages: list[Tensor] = []
others: list[Tensor] = []


@pytest.mark.parametrize("part", [0, 13, 20])
def test_two_processes_sum_their_batches_and_take_the_firsts_draws(part: int) -> None:
    """Each sends counts, sums and draws; the sum of both messages is one process's."""
    whole, features = made(revive_below=0.0), batch(40)
    first, second = (made(revive_below=0.0) for _ in range(2))
    for one in (first, second):
        one.load_state_dict(whole.state_dict())
    step(whole, features)
    messages.clear()
    others[:] = [torch.zeros(K, 1 + 2 * D, dtype=torch.float64)]
    step(second, features[len(features) - part :], Two(rank=1, size=2))
    assert (messages[0][:, 1 + D :] == 0).all()
    others[:] = [messages[0]]
    step(first, features[: len(features) - part], Two(rank=0, size=2))
    torch.testing.assert_close(first.counts, whole.counts)
    torch.testing.assert_close(first.vectors, whole.vectors)


def test_it_begins_with_the_clusters_of_the_features() -> None:
    codebook, features = made(), batch(500)
    codebook.begin(features)
    indices = torch.cdist(features, codebook.vectors).argmin(1)
    assert codebook.counts.tolist() == indices.bincount(minlength=K).tolist()
    random = made()
    error, others = (
        torch.cdist(features, c.vectors).min(1).values.square().mean() for c in (codebook, random)
    )
    assert error < 0.7 * others


def test_its_state_is_in_its_buffers() -> None:
    one, other = made(), made()
    batches = [batch() for _ in range(6)]
    for features in batches[:3]:
        step(one, features)
    other.load_state_dict(one.state_dict())
    for codebook in (one, other):
        torch.manual_seed(7)
        for features in batches[3:]:
            step(codebook, features)
    assert all(torch.equal(x, other.state_dict()[name]) for name, x in one.state_dict().items())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codes": 1}, "model.quantiser.codes=1: must be at least 2, such as 512"),
        (
            {"decay": 0.0},
            "model.quantiser.decay=0.0: must be above 0 and at most 1, such as 0.99",
        ),
        (
            {"decay": 1.5},
            "model.quantiser.decay=1.5: must be above 0 and at most 1, such as 0.99",
        ),
        (
            {"revive_below": -1.0},
            "model.quantiser.revive_below=-1.0: must be at least 0, such as 1.0",
        ),
    ],
)
def test_what_it_refuses(options: dict, message: str) -> None:
    with pytest.raises(UserError) as caught:
        Codebook(D, **{"codes": K, **options})
    assert str(caught.value) == message
