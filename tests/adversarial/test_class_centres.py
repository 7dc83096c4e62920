"""Moving averages of each class's features, against numpy."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aetrain.adversarial.class_centres import ClassCentres
from aetrain.errors import UserError
from aetrain.objectives.terms import batch_mean
from aetrain.world import World

B, K, F = 8, 4, 3


def batch(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(seed)
    y = torch.randint(-1, K - 1, (B,))  # one class is in no batch, and some labels are missing
    classes = one_hot(y.clamp_min(0), K) * (y >= 0).unsqueeze(1)
    return torch.randn(B, F).double(), torch.randn(B, F).double(), classes


def test_centres_are_averages_that_forget() -> None:
    centres, decay = ClassCentres(K, F, decay=0.8).double(), 0.8
    shares, sums = np.zeros(K), np.zeros((K, F))
    for step in range(4):
        made, real, classes = batch(step)
        found = batch_mean(centres.apart(made.requires_grad_(), real, classes), B, World())
        expected = 0.0
        for k in range(K):
            mine = classes[:, k] > 0
            shares[k] = decay * shares[k] + mine.double().mean().item()
            sums[k] = decay * sums[k] + real[mine].numpy().sum(0) / B
            if mine.any():
                apart = made.detach()[mine].numpy().mean(0) - sums[k] / shares[k]
                expected += 0.5 * (apart**2).sum()
        assert found.item() == pytest.approx(expected)
        found.backward()
        assert made.grad is not None
        without = classes.sum(1) == 0
        assert (made.grad[without] == 0).all()
        assert (made.grad[~without] != 0).any(1).all()
        centres.after_step(step + 1, 10, World())
        np.testing.assert_allclose(centres.sums.numpy(), sums)
        np.testing.assert_allclose(centres.shares.numpy(), shares)


def test_without_memory_it_is_the_batch() -> None:
    centres = ClassCentres(K, F, decay=0).double()
    for step in range(2):
        made, _, classes = batch(step)
        assert batch_mean(centres.apart(made, made, classes), B, World()).item() < 1e-20
        centres.after_step(step + 1, 10, World())


def test_a_pass_that_is_no_training_leaves_nothing() -> None:
    centres = ClassCentres(K, F).double()
    with torch.no_grad():
        centres.apart(*batch(0))
    centres.after_step(1, 10, World())
    centres.eval().apart(*batch(0))
    centres.after_step(1, 10, World())
    assert (centres.shares == 0).all()


def test_a_decay_that_never_forgets_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.decay=1: must be at least 0 and below 1"):
        ClassCentres(K, F, decay=1)
