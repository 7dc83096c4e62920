"""Verdicts follow from numbers."""

import math

import pytest
import torch

from aetrain.comparison.better import HIGHER, LOWER
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.limits.claim import Claim, Evidence, Verdict, evidence
from aetrain.evaluation.limits.quality import mean_of

NAMES = ("a", "b")


def told(a: float, b: float, error: float, way: str = HIGHER) -> Evidence:
    return evidence("m", NAMES, Estimate(a, error), Estimate(b, error), way)


@pytest.mark.parametrize(
    ("a", "b", "error", "verdict"),
    [
        (1.0, 2.0, 0.1, Verdict.SUPPORTED),
        (2.0, 1.0, 0.1, Verdict.CONTRADICTED),
        (1.0, 1.1, 0.1, Verdict.OPEN),
        (1.0, 1.0, 0.0, Verdict.OPEN),
        (0.0, 1.0, 0.0, Verdict.SUPPORTED),
        (1.0, math.nan, 0.1, Verdict.UNMEASURED),
        (math.inf, 1.0, 0.1, Verdict.UNMEASURED),
    ],
)
def test_verdicts(a: float, b: float, error: float, verdict: Verdict):
    assert told(a, b, error).verdict is verdict
    assert told(-a, -b, error, LOWER).verdict is verdict


def test_of_claims_that_are_not_true_one_in_twenty_is_decided_by_chance():
    g = torch.Generator().manual_seed(0)
    draws = torch.randn(4000, 2, 40, generator=g, dtype=torch.float64)
    found = [evidence("m", NAMES, mean_of(a), mean_of(b)).verdict for a, b in draws]
    decided = sum(v is not Verdict.OPEN for v in found) / len(found)
    assert abs(decided - 0.0455) < 0.012  # 2 errors of a normal; a t of 78 has 0.049


def test_a_reason_is_told_where_there_is_no_verdict():
    lost, one = Estimate(math.nan, math.nan), Estimate(1.0, 0.1)
    assert evidence("m", NAMES, lost, one, reason="too few").told == "could not be taken: too few"
    assert evidence("m", NAMES, one, one, reason="too few").told == "leaves it open"
    assert evidence("m", NAMES, lost, one).told == "could not be taken"


def test_words():
    yes, no, open_ = told(0, 1, 0.1), told(1, 0, 0.1), told(0, 0, 0.1)
    lost = told(0, math.nan, 0.1)
    assert Claim("t", "s", [yes]).verdict == "the one measure supports it"
    assert Claim("t", "s", [no, no]).verdict == "each of the 2 measures contradicts it"
    assert Claim("t", "s", [yes, yes, no, open_, lost, lost]).verdict == (
        "of 6 measures 2 support it, 1 contradicts it, 1 leaves it open, 2 could not be taken"
    )
    assert Claim("t", "s", [yes, open_]).holds is True
    assert Claim("t", "s", [no, open_]).holds is False
    assert Claim("t", "s", [yes, no]).holds is None
    assert Claim("t", "s", [open_]).holds is None
