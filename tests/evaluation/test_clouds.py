"""Sets of points that an evaluation gathers."""

import pytest
import torch

from aetrain.evaluation.clouds import LEAST, ROWS, VALUES, Clouds, gathered_discrepancy
from aetrain.evaluation.tally import Report, Tally


def figure(clouds: list[Clouds]) -> float:
    total = Tally()
    for each in clouds:
        total.add(Report({}, torch.zeros(len(each.draws), 2), None, {"code_mmd": each}))
    return total.figures(1, None)["code_mmd"]


def test_a_file_that_goes_from_class_to_class_is_as_far_as_a_mixed_one() -> None:
    """Ten modes: codes have the prior's distribution, and each block only one mode of it."""
    torch.manual_seed(0)
    modes = 8 * torch.randn(10, 2)
    y = torch.arange(10).repeat_interleave(200)
    codes, draws = (modes[rows] + torch.randn(2000, 2) for rows in (y, y[torch.randperm(2000)]))
    sorted_file = [Clouds(*pair) for pair in zip(codes.split(100), draws.split(100), strict=True)]
    order = torch.randperm(2000)
    mixed = [Clouds(*pair) for pair in zip(codes[order].split(100), draws.split(100), strict=True)]
    by_block = [gathered_discrepancy([each])[0] / 100 for each in sorted_file]
    assert torch.stack(by_block).mean() > 1
    assert abs(figure(sorted_file)) < 0.02
    assert abs(figure(mixed)) < 0.02
    apart = [Clouds(each.draws + 4, each.reference) for each in sorted_file]
    assert figure(apart) > 0.2


def test_large_points_are_thinned_evenly() -> None:
    size = 2 * VALUES // ROWS
    x = torch.arange(ROWS).float()[:, None].expand(ROWS, size)
    kept = Clouds(x, -x).thinned()
    assert len(kept.draws) == VALUES // size == ROWS // 2
    assert torch.equal(kept.draws, x[::2])
    assert torch.equal(kept.reference, -x[::2])
    assert len(Clouds(*2 * [torch.zeros(ROWS, VALUES)]).thinned().draws) == LEAST
    few = Clouds(*2 * [torch.zeros(7, 2)])
    assert few.thinned() is few


def test_nothing_is_watched_but_what_is_there() -> None:
    torch.manual_seed(0)
    total = Tally()
    total.add(Report({}, torch.zeros(60, 0), None, {"d": Clouds(*torch.randn(2, 60, 3))}))
    found = total.figures(1, None)
    assert set(found) == {"d"}
    assert found["d"] == pytest.approx(0, abs=0.2)
    assert total.examples == 60
