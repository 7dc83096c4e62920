"""Ranking of codes that are alike, of codes that are not, and its parts against oracles."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import spearmanr
from torch import Tensor

from aetrain.evaluation.disentanglement.ranking import (
    Coded,
    agreement,
    lasso,
    ranking,
    spearman,
)
from tests.evaluation.disentanglement.codes import grid, noise

N = 2000
ALL = torch.ones(4, dtype=torch.bool)


def rotated(z: Tensor, angle: float) -> Tensor:
    """Return codes whose first two dimensions are turned into each other."""
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.eye(z.shape[1], dtype=z.dtype)
    turn[:2, :2] = torch.tensor([[c, -s], [s, c]])
    return z @ turn


def other(z: Tensor, seed: int) -> Tensor:
    """Return the same codes in another order, scale and sign."""
    draws = torch.Generator().manual_seed(seed)
    order = torch.randperm(z.shape[1], generator=draws)
    sign = torch.randint(2, (z.shape[1],), generator=draws) * 2 - 1
    return z[:, order] * sign * torch.linspace(0.1, 7, z.shape[1]) + 3


def coded(*codes: Tensor) -> list[Coded]:
    return [Coded(z, torch.ones(z.shape[1], dtype=torch.bool)) for z in codes]


def test_codes_that_are_the_same_but_for_order_and_sign() -> None:
    """A full grid, whose dimensions are exactly uncorrelated."""
    z = grid(3, 4, 5, 6).double()
    runs = coded(*(other(z, seed) for seed in range(4)))
    for found in ranking(runs, spearman):
        assert found.value == pytest.approx(1, abs=1e-9)
        assert found.error == pytest.approx(0, abs=1e-9)
    for found in ranking(runs, lasso):  # the lasso takes its share α = 0.1 of each weight
        assert found.value == pytest.approx(0.9, abs=1e-6)


def test_codes_that_have_nothing_in_common() -> None:
    runs = coded(*(noise(N, 4, seed=seed) for seed in range(4)))
    assert all(found.value < 0.05 for found in ranking(runs, spearman))
    assert all(found.value == 0 for found in ranking(runs, lasso))  # |ρ| < α


@pytest.mark.parametrize("similarity", [spearman, lasso])
def test_entangled_codes_agree_less(similarity) -> None:
    z = noise(N, 4)
    apart, mixed = [
        ranking(coded(other(z, 0), other(rotated(z, angle), 1)), similarity)[0].value
        for angle in (0.0, math.pi / 4)
    ]
    # two of four dimensions have two counterparts of √½ each, so r² / Σr is √½ / 2 and not 1
    assert apart - mixed > 0.2


def test_spearman_is_scipys() -> None:
    a, b = noise(50, 3), noise(50, 4, seed=1)
    b[:, 0] = a[:, 1].exp().round()  # with ties
    wanted = np.abs(spearmanr(a, b).statistic[:3, 3:])  # pyright: ignore
    np.testing.assert_allclose(spearman(a, b).numpy(), wanted, atol=1e-12)
    assert (spearman(a, torch.ones(50, 1).double()) == 0).all()


def test_lasso_minimises_its_cost() -> None:
    z = noise(300, 3)
    a, y = rotated(z, 0.6), z[:, :1] + 0.3 * noise(300, 1, seed=2)
    x, t = ((v - v.mean(0)) / v.std(0, correction=0) for v in (a, y))

    def cost(pair: np.ndarray) -> float:
        w = torch.from_numpy(pair[:3] - pair[3:])[:, None]  # |w| = p + m of w = p − m, both ≥ 0
        return ((t - x @ w).square().sum() / 600 + 0.1 * pair.sum()).item()

    found = minimize(cost, np.full(6, 0.1), bounds=[(0, None)] * 6, tol=1e-12).x
    np.testing.assert_allclose(lasso(a, y)[:, 0], np.abs(found[:3] - found[3:]), atol=1e-3)


def test_agreement_by_hand() -> None:
    r = torch.tensor([[0.8, 0.2], [0.0, 0.5], [0.0, 0.0]], dtype=torch.float64)
    of_columns = (0.64 / 0.8 + 0.25 / 0.7) / 2
    of_rows = (0.64 / 1.0 + 0.25 / 0.5 + 0) / 3
    assert agreement(r) == pytest.approx((of_columns + of_rows) / 2)
    assert agreement(torch.eye(3)) == pytest.approx(1)
    assert agreement(torch.ones(3, 3)) == pytest.approx(1 / 3)
    assert agreement(torch.zeros(3, 3)) == 0


def test_dimensions_that_carry_nothing_do_not_count() -> None:
    z = grid(3, 4, 5).double()
    spare = [torch.cat([other(z, seed), noise(60, 2, seed=seed)], 1) for seed in range(3)]
    used = torch.tensor([True] * 3 + [False] * 2)
    for found in ranking([Coded(codes, used) for codes in spare], spearman):
        assert found.value == pytest.approx(1, abs=1e-9)
    assert ranking([Coded(spare[0], used), Coded(spare[1], ~used & used)], lasso)[0].value == 0


def test_each_run_gets_the_median_of_its_pairs() -> None:
    z = grid(3, 4, 5, 6).double()
    codes = [other(z, 0), other(z, 1), rotated(z, 0.5), noise(360, 4)]
    found = ranking(coded(*codes), spearman)
    pairs = [agreement(spearman(codes[j], codes[0])) for j in (1, 2, 3)]
    assert found[0].value == pytest.approx(float(np.median(pairs)))
    assert found[3].value < found[2].value <= found[0].value
    assert math.isnan(ranking(coded(*codes[:2]), spearman)[0].error)
