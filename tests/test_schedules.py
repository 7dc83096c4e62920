import math
from itertools import pairwise

import pytest

from aetrain.errors import UserError
from aetrain.making import make
from aetrain.schedules import (
    Schedule,
    constant,
    cosine,
    cyclical,
    linear,
    rising_cosine,
    sigmoid,
    step,
)
from tests.battery import Case, cases

TOTAL = 2000


@pytest.mark.parametrize("case", cases("schedule", "annealing"))
def test_every_choice_is_a_multiplier_at_every_step(case: Case) -> None:
    schedule: Schedule = make(case.config[case.group])
    for total in (1, 10, TOTAL):
        for at in (*range(min(total, 50)), total - 1, total, 2 * total):
            multiplier = schedule(at, total)
            assert isinstance(multiplier, float)
            assert 0 <= multiplier <= 1
    assert schedule(700, TOTAL) == schedule(700, TOTAL)


@pytest.mark.parametrize("case", cases("schedule"))
def test_every_choice_trains_at_first(case: Case) -> None:
    assert make(case.config["schedule"])(0, TOTAL) > 0


def test_constant() -> None:
    assert {constant(at, TOTAL) for at in range(TOTAL)} == {1.0}


def test_linear() -> None:
    assert [linear(at, TOTAL, warmup=4) for at in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert linear(0, TOTAL, warmup=0) == linear(0, TOTAL, warmup=1) == 1.0


def test_cosine() -> None:
    for at in range(0, 101, 10):
        expected = 0.5 * (1 + math.cos(math.pi * at / 100))
        assert cosine(at, 100) == pytest.approx(expected, abs=1e-15)
    assert cosine(0, 100) == 1
    assert cosine(50, 100) == pytest.approx(0.5)
    assert cosine(100, 100) == cosine(1000, 100) == 0


def test_cosine_with_warm_up_and_final() -> None:
    values = [cosine(at, 110, warmup=10, final=0.2) for at in range(111)]
    assert values[:10] == pytest.approx([(at + 1) / 10 for at in range(10)])
    assert values[10] == 1
    assert values[60] == pytest.approx(0.6)
    assert values[110] == pytest.approx(0.2)
    assert all(a >= b for a, b in pairwise(values[10:]))


def test_cosine_with_a_warm_up_longer_than_the_run() -> None:
    assert [cosine(at, 2, warmup=4) for at in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_step_by_fractions() -> None:
    values = [step(at, 100) for at in range(100)]
    assert values == pytest.approx([1.0] * 50 + [0.1] * 25 + [0.01] * 25)


def test_step_by_batches() -> None:
    values = [step(at, 10, milestones=[2, 5], factor=0.5) for at in range(10)]
    assert values == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]
    assert step(3, 10, milestones=[], factor=0.5) == 1


# --- annealing ---


@pytest.mark.parametrize("case", cases("annealing"))
def test_every_annealing_ends_at_the_weights_themselves(case: Case) -> None:
    annealing: Schedule = make(case.config["annealing"])
    assert annealing(50_000, 50_000) == pytest.approx(1, abs=1e-9)


def test_rising_cosine() -> None:
    for at in range(100):
        expected = math.sin(0.5 * math.pi * (at + 1) / 100) ** 2
        assert rising_cosine(at, TOTAL, warmup=100) == pytest.approx(expected, abs=1e-15)
    assert rising_cosine(99, TOTAL, warmup=100) == rising_cosine(1000, TOTAL, warmup=100) == 1
    assert rising_cosine(0, TOTAL, warmup=0) == 1


def test_sigmoid() -> None:
    for at in (0, 1, 399, 400, 500, 900):
        expected = 1 / (1 + math.exp(-(at - 400) / 50))
        assert sigmoid(at, TOTAL, midpoint=400, width=50) == pytest.approx(expected, rel=1e-9)
    assert sigmoid(400, TOTAL, midpoint=400, width=50) == 0.5
    assert sigmoid(10**9, TOTAL) == 1
    assert sigmoid(0, TOTAL, midpoint=10**9) == 0


def test_cyclical() -> None:
    """Fu et al., equation 6: T iterations, M cycles, R of each rising."""
    total, cycles, ratio = 1200, 3, 0.4
    for at in range(total):
        tau = (at % math.ceil(total / cycles)) / (total / cycles)
        expected = tau / ratio if tau <= ratio else 1
        by_fraction = cyclical(at, total, period=1 / cycles, rise=ratio, cycles=cycles)
        by_batches = cyclical(at, 10**9, period=400, rise=ratio, cycles=cycles)
        assert by_batches == pytest.approx(expected, abs=1e-12)
        assert by_fraction == pytest.approx(by_batches, abs=1e-9)
    assert cyclical(3 * 400, 10**9, period=400, cycles=3) == 1
    assert cyclical(3 * 400, 10**9, period=400, cycles=None) == 0


@pytest.mark.parametrize(
    ("schedule", "options", "words"),
    [
        (linear, {"warmup": -1}, "warmup=-1: must be at least 0"),
        (rising_cosine, {"warmup": -1}, "warmup=-1: must be at least 0"),
        (sigmoid, {"width": 0}, "width=0: must be above 0"),
        (sigmoid, {"midpoint": -1}, "midpoint=-1: must be at least 0"),
        (cyclical, {"period": 0}, "period=0: must be above 0"),
        (cyclical, {"rise": 1.5}, "rise=1.5: must be above 0 and at most 1"),
        (cyclical, {"cycles": 0}, "cycles=0: must be at least 1, or null"),
        (cosine, {"warmup": -1}, "warmup=-1: must be at least 0"),
        (cosine, {"final": -0.1}, "final=-0.1: must be at least 0"),
        (step, {"factor": -0.1}, "factor=-0.1: must be at least 0"),
        (step, {"milestones": [0.5, -3]}, r"milestones=\[0.5, -3\]: must be at least 0 each"),
    ],
)
def test_schedules_that_cannot_be(schedule: Schedule, options: dict, words: str) -> None:
    with pytest.raises(UserError, match=f"^{words}"):
        schedule(0, 1, **options)  # pyright: ignore[reportCallIssue]
