"""Figures of each example of an evaluation."""

import torch

from aetrain.evaluation.each import Each
from aetrain.evaluation.tally import Report
from aetrain.objectives.terms import Weighted
from aetrain.world import World


def report(*rows: float) -> Report:
    x = torch.tensor(rows)
    known = Weighted(x, (x > 1).float())
    costs = {"distortion": x, "rate": 10 * x}
    return Report(costs, x[:, None], None, scores={"error": known})


def test_blocks_stand_in_their_order() -> None:
    each = Each()
    each.add(1, report(3.0), {"nll": torch.tensor([30.0])})
    each.add(0, report(1.0, 2.0), {"nll": torch.tensor([10.0, 20.0])})
    found = each.gathered(World())
    assert found["nll"].tolist() == [10.0, 20.0, 30.0]
    assert found["elbo"].tolist() == [-11.0, -22.0, -33.0]
    assert found["rate"].dtype == torch.float32
    assert found["error"].isnan().tolist() == [True, False, False]
    assert found["error"][1:].tolist() == [2.0, 3.0]


def test_without_a_rate_there_is_no_elbo() -> None:
    each = Each()
    each.add(0, Report({"distortion": torch.ones(2)}, torch.ones(2, 1), None))
    assert set(each.gathered(World())) == {"distortion"}


def test_without_examples_there_is_nothing() -> None:
    assert Each().gathered(World()) == {}
