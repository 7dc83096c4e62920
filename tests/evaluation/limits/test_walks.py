"""Straight ways and what a judge says of them."""

from typing import final

import torch
from torch import Tensor

from aetrain.evaluation.limits.judge import Judge
from aetrain.evaluation.limits.walks import along, between, decoded, line, pairs_of


@final
class Logistic(Judge):
    """Two classes, p(y=1|x) = x."""

    name = "logistic"

    def probabilities(self, x: Tensor) -> Tensor:
        p = x.flatten(1)[:, 0].double()
        return torch.stack([1 - p, p], 1)


def test_pairs_are_of_different_classes_and_use_no_row_twice():
    y = torch.arange(101) % 3
    pairs = pairs_of(y, 1000, 0)
    assert (y[pairs[:, 0]] != y[pairs[:, 1]]).all()
    assert len(pairs.flatten().unique()) == pairs.numel()
    assert len(pairs_of(y, 5, 0)) == 5
    assert torch.equal(pairs, pairs_of(y, 1000, 0))
    assert len(pairs_of(torch.zeros(10), 5, 0)) == 0


def test_a_line_and_its_decodes():
    a, b = torch.rand(2, 3, 4), torch.rand(2, 3, 4)
    ways = line(a, b, 5)
    torch.testing.assert_close(ways[:, 1], 0.75 * a + 0.25 * b)
    assert torch.equal(ways[:, 0], a)
    torch.testing.assert_close(ways[:, -1], b)
    torch.testing.assert_close(decoded(lambda z: 2 * z[:, :1], ways), 2 * ways[:, :, :1])


def test_confidence_along_a_way_from_one_class_to_the_other():
    ways = line(torch.zeros(1, 1), torch.ones(1, 1), 5)
    found = along(Logistic(), ways)
    torch.testing.assert_close(found, torch.tensor([[1, 0.75, 0.5, 0.75, 1]]).double())
    told = {name: value.item() for name, value in between(found).items()}
    assert told == {"middle": 0.5, "lowest": 0.5, "lost": 0.5}
