import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from aetrain.evaluation.tally import Report, Tally
from aetrain.objectives.terms import Weighted
from aetrain.world import World

N, D = 103, 4


@pytest.fixture
def report() -> Report:
    g = torch.Generator().manual_seed(0)
    code = torch.randn(N, D, generator=g)
    code = (code - code.mean(0)) / code.std(0) * torch.tensor([2.0, 1.0, 0.11, 0.05])
    rates = torch.rand(N, D, generator=g)
    costs = {"distortion": 80 + 10 * torch.randn(N, generator=g), "rate": rates.sum(1)}
    return Report(costs, code, rates)


@pytest.fixture
def nll() -> Tensor:
    return 90 + 9 * torch.randn(N, generator=torch.Generator().manual_seed(1))


def part(report: Report, index: Tensor | slice) -> Report:
    rates = None if report.rates is None else report.rates[index]
    return Report({k: v[index] for k, v in report.costs.items()}, report.code[index], rates)


def tally(report: Report, nll: Tensor | None, *blocks: Tensor | slice) -> Tally:
    total = Tally()
    for block in blocks or (slice(None),):
        total.add(part(report, block), None if nll is None else {"nll": nll[block]})
    return total


def test_scores_have_a_standard_error_and_are_no_cost(report: Report) -> None:
    error = (torch.rand(N, generator=torch.Generator().manual_seed(2)) < 0.3).double()
    total = Tally()
    for block in (slice(0, N // 3), slice(N // 3, None)):
        total.add(part(report, block)._replace(scores={"error": error[block]}))
    figures = total.figures(64, None)
    assert figures["error"] == pytest.approx(error.mean().item())
    assert figures["error_se"] == pytest.approx(stats.sem(error.numpy()))
    assert figures["cost"] == tally(report, None).figures(64, None)["cost"]


def test_what_is_of_some_examples_is_no_mean_over_all(report: Report) -> None:
    g = torch.Generator().manual_seed(3)
    error, known = ((torch.rand(N, generator=g) < share).double() for share in (0.3, 0.6))
    total = Tally()
    for block in (slice(0, 7), slice(7, None)):
        found = Weighted(error[block], known[block])
        never = Weighted(error[block], torch.zeros_like(known[block]))
        more = {"own": found, "nobody": never}
        total.add(part(report, block)._replace(more=more, scores={"error": found}))
    figures = total.figures(64, None)
    judged = error[known == 1].numpy()
    assert figures["error"] == figures["own"] == pytest.approx(judged.mean())
    assert figures["error_se"] == pytest.approx(stats.sem(judged))
    assert not {name for name in figures if name.startswith("nobody") or "/" in name}


def test_figures_against_numpy(report: Report, nll: Tensor) -> None:
    figures = tally(report, nll).figures(64, 4.0)
    distortion, rate = (report.costs[k].double().numpy() for k in ("distortion", "rate"))
    expected = {
        "distortion": distortion.mean(),
        "distortion_se": stats.sem(distortion),
        "rate": rate.mean(),
        "rate_se": stats.sem(rate),
        "cost": (distortion + rate).mean(),
        "elbo": -(distortion + rate).mean(),
        "elbo_se": stats.sem(distortion + rate),
        "nll": nll.double().numpy().mean(),
        "nll_se": stats.sem(nll.double().numpy()),
        "bits_per_dim": (distortion + rate).mean() / (64 * np.log(2)) + 4.0,
        "bits_per_dim_se": stats.sem(distortion + rate) / (64 * np.log(2)),
        "nll_bits_per_dim": nll.double().numpy().mean() / (64 * np.log(2)) + 4.0,
        "nll_bits_per_dim_se": stats.sem(nll.double().numpy()) / (64 * np.log(2)),
        "active_units": float((report.code.double().numpy().var(0) > 0.01).sum()),
    }
    assert figures.keys() == expected.keys()
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, rel=1e-10), name


def test_bits_per_dimension_are_the_elbos_whatever_else_is_known(report: Report, nll: Tensor):
    figures, more = (tally(report, x).figures(64, 0.0) for x in (None, nll))
    assert figures["bits_per_dim"] == pytest.approx(-figures["elbo"] / (64 * math.log(2)))
    assert figures["bits_per_dim"] == more["bits_per_dim"]
    assert not {"nll", "nll_bits_per_dim"} & set(figures)
    assert not [name for name in tally(report, nll).figures(64, None) if "bits" in name]


def test_what_is_the_same_for_all_examples_has_no_error() -> None:
    """Sums of squares leave rounding errors behind: a rate of codes under a uniform prior."""
    rate = torch.full((N,), 2 * math.log(8), dtype=torch.float64)
    figures = tally(Report({"rate": rate}, torch.zeros(N, 1), None), None).figures(64, None)
    assert figures["rate_se"] == 0.0


def test_without_a_rate_there_is_no_elbo(report: Report) -> None:
    plain = Report({"distortion": report.costs["distortion"]}, report.code, None)
    total = tally(plain, None)
    assert total.figures(64, 0.0).keys() == {
        *("distortion", "distortion_se", "cost", "active_units")
    }
    assert total.rates is None


def test_rates_by_dimension(report: Report) -> None:
    assert report.rates is not None
    rates = tally(report, None).rates
    assert rates is not None
    torch.testing.assert_close(rates, report.rates.double().mean(0))
    assert rates.sum().item() == pytest.approx(tally(report, None).mean("rate"))


def test_active_units(report: Report) -> None:
    """Var > 0.01: standard deviations 2, 1 and 0.11 are active, 0.05 is not."""
    assert tally(report, None).active.tolist() == [True, True, True, False]
    shifted = report._replace(code=report.code + 100)
    assert tally(shifted, None).active.tolist() == [True, True, True, False]
    still = report._replace(code=torch.full((N, D), 7.0))
    assert tally(still, None).figures(64, None)["active_units"] == 0


def test_codes_of_any_shape(report: Report) -> None:
    folded = report._replace(code=report.code.view(N, 2, 2), rates=torch.rand(N, 2, 2))
    total = tally(folded, None)
    assert torch.equal(total.active, tally(report, None).active)
    assert total.rates is not None
    assert total.rates.shape == (4,)


BLOCKS = [[N], [50, 50, 3], [1] * N, [3, 100]]


@pytest.mark.parametrize("sizes", BLOCKS, ids=lambda sizes: f"{len(sizes)} blocks")
def test_neither_order_nor_blocks_matter(report: Report, nll: Tensor, sizes: list[int]) -> None:
    order = torch.randperm(N, generator=torch.Generator().manual_seed(2))
    blocks = order.split(sizes)
    figures = tally(report, nll, *blocks).figures(64, 0.0)
    assert figures == pytest.approx(tally(report, nll).figures(64, 0.0), rel=1e-10)
    assert tally(report, nll, *blocks).examples == N


def test_standard_errors_of_great_numbers() -> None:
    """Sums of squares lose digits; float64 has enough for costs as great as a photograph's."""
    cost = 1e6 + torch.randn(1000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    total = tally(Report({"rate": cost}, torch.zeros(1000, 1), None), None)
    assert total.standard_error("cost") == pytest.approx(stats.sem(cost.numpy()), rel=1e-3)


def test_a_single_example_has_no_standard_error(report: Report) -> None:
    total = tally(report, None, slice(0, 1))
    assert math.isnan(total.standard_error("cost"))
    assert total.mean("cost") == pytest.approx(sum(c[0].item() for c in report.costs.values()))
    constant = tally(Report({"rate": torch.full((9,), 0.1)}, torch.zeros(9, 1), None), None)
    assert constant.standard_error("cost") == pytest.approx(0, abs=1e-8)


def test_half_precision_is_summed_in_full() -> None:
    cost = torch.full((5000,), 100.0, dtype=torch.bfloat16)
    total = tally(Report({"rate": cost}, torch.zeros(5000, 1, dtype=torch.bfloat16), None), None)
    assert total.mean("cost") == 100


def test_what_is_added_is_let_go_of(report: Report) -> None:
    """Sums keep no graph and no view of the batch."""
    costs = {name: cost.requires_grad_() for name, cost in report.costs.items()}
    total = tally(Report(costs, report.code, report.rates), None)
    assert not any(x.requires_grad for x in total._sums.values())
    before = total.mean("cost")
    with torch.no_grad():
        for cost in costs.values():
            cost.zero_()
    total.add(part(report, slice(0, 0)))
    assert total.mean("cost") == before


def test_alone_reduce_changes_nothing(report: Report) -> None:
    total = tally(report, None)
    before = total.figures(64, 0.0)
    total.reduce(World(), torch.device("cpu"))
    assert total.figures(64, 0.0) == before


def test_further_figures_are_means_and_no_part_of_the_cost(report: Report) -> None:
    tally, plain = Tally(), Tally()
    more = torch.arange(float(len(report.code)))
    tally.add(report._replace(more={"rate_1": more}))
    plain.add(report)
    figures = tally.figures(4, 0.0)
    assert figures.pop("rate_1") == more.mean().item()
    assert figures == plain.figures(4, 0.0)


def test_counts_give_the_perplexity_of_the_whole_evaluation() -> None:
    """exp(H) of the shares in all blocks together, not a mean of the blocks'; by scipy."""
    draws = np.random.default_rng(0)
    blocks = draws.integers(0, 50, (4, 2, 7)) * (draws.random((4, 2, 7)) < 0.5)
    blocks[:, 1, 5] = 0  # a value that never occurs
    total = Tally()
    for block in blocks:
        cost = {"distortion": torch.rand(3)}
        total.add(Report(cost, torch.rand(3, 2), None, {}, {"codes": torch.tensor(block)}))
    expected = np.exp(stats.entropy(blocks.sum(0), axis=1)).mean()
    assert total.figures(8, None)["codes"] == pytest.approx(expected, rel=1e-12)
    assert "codes#" not in total.figures(8, None)


@pytest.mark.parametrize("values", [1, 2, 9])
def test_the_perplexity_lies_between_one_and_the_number_of_values(values: int) -> None:
    for counts, expected in [(torch.full((9,), 4), 9.0), (torch.tensor([3, *8 * [0]]), 1.0)]:
        total = Tally()
        counts = counts.clone()
        counts[values:] = 0
        cost = {"distortion": torch.rand(1)}
        total.add(Report(cost, torch.rand(1, 2), None, {}, {"codes": counts}))
        assert total.figures(8, None)["codes"] == pytest.approx(min(expected, values))


def test_units_that_never_fire_are_counted_over_all_blocks(report: Report) -> None:
    fired = torch.zeros(N, 2, 3, dtype=torch.bool)
    fired[5, 0, 1] = fired[90, 0, 1] = fired[90, 1, 2] = True
    total = Tally()
    for block in (slice(0, 40), slice(40, N)):
        total.add(part(report, block)._replace(fired={"dead_units": fired[block]}))
    assert total.figures(64, 4.0)["dead_units"] == 4.0
