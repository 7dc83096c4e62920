"""From a configuration and a source of the user's own to the parts of a job."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from aetrain.data.table import Memory, Splits
from aetrain.errors import UserError
from aetrain.families import Family
from aetrain.job import Parts, assemble
from aetrain.values import BINARY, COUNTS, UNIT, Values
from tests.battery import config

SIXTEEN = Values(0.0, 15.0, 16)
ON_LEVELS = ("categorical", "discretized_logistic", "logistic_mixture")
every_early = pytest.mark.parametrize("early", [None, SIXTEEN], ids=["unannounced", "announced"])
every_event = pytest.mark.parametrize("event", [None, (1, 4, 4)], ids=["no shape", "shape"])


class Own:
    """A source as a user may write one, which says more or less of itself before it is read."""

    def __init__(
        self, x: Tensor, early: Values | None, found: Values | None, event: Sequence[int] | None
    ) -> None:
        self.x, self.raw, self.found = x, early, found
        self.event = None if event is None else torch.Size(event)

    def load(self) -> Splits:
        return Splits(Memory(self.x), raw=self.found)


PRESENT: dict[str, Own] = {}


def present() -> Own:
    """Return the source of the test: a configuration holds no `Values`."""
    return PRESENT["source"]


def assembled(likelihood: str, *options: str, **source: Any) -> tuple[dict[str, Any], Parts]:
    job = copy.deepcopy(config(f"likelihood={likelihood}", "network.hidden=[8]", *options))
    job["dataset"]["source"] = {"_target_": f"{__name__}.present"}
    PRESENT["source"] = Own(**source)
    return job, assemble(job, {"likelihood": likelihood, "dataset": "own"}, None, "cpu")


def sixteen(n: int = 40) -> Tensor:
    torch.manual_seed(0)
    return torch.randint(16, (n, 1, 4, 4), dtype=torch.uint8)


@pytest.mark.parametrize("likelihood", ON_LEVELS)
@every_early
@every_event
def test_levels_are_those_of_the_data(likelihood: str, early: Any, event: Any) -> None:
    job, parts = assembled(likelihood, x=sixteen(), early=early, found=SIXTEEN, event=event)
    assert job["likelihood"]["levels"] == 16
    supports = [m.support for m in parts.model.modules() if isinstance(m, Family)]
    assert Values(0.0, 1.0, 16) in supports
    assert parts.data.values == Values(0.0, 1.0, 16)
    assert parts.data.bits_offset == 0.0
    x = parts.data.first("train", 3, torch.device("cpu"))["x"]
    assert (15 * x).round().unique().tolist() == list(range(16))
    grid = (torch.arange(16) / 15).reshape(16, 1, 1, 1, 1).expand(16, 3, 1, 4, 4)
    total = parts.model.decode(torch.zeros(3, 16)).log_prob(grid)
    assert total.isfinite().all()


def test_levels_that_do_not_divide_the_default() -> None:
    """The digits have 17, which lie between those of bytes."""
    levels = Values(0.0, 16.0, 17)
    job, _ = assembled("categorical", x=sixteen(), early=levels, found=levels, event=None)
    assert job["likelihood"]["levels"] == 17


@every_early
@every_event
def test_levels_that_were_chosen_stay(early: Any, event: Any) -> None:
    source = {"x": sixteen(), "early": early, "found": SIXTEEN, "event": event}
    job, _ = assembled("categorical", "likelihood.levels=31", **source)
    assert job["likelihood"]["levels"] == 31
    with pytest.raises(UserError, match="scores 10 values from 0 to 1, but dataset=own gives 16"):
        assembled("categorical", "likelihood.levels=10", **source)


@every_event
def test_whole_numbers_that_nothing_was_said_of(event: Any) -> None:
    """They are not scaled, so a likelihood of levels from 0 to 1 cannot score them."""
    source = {"x": sixteen().float(), "early": None, "found": None, "event": event}
    with pytest.raises(UserError, match="gives 16 values from 0 to 15: use") as error:
        assembled("categorical", **source)
    assert "raw" in str(error.value)
    _, parts = assembled("poisson", **source)
    assert parts.data.values_seen() == Values(0.0, 15.0, 16)


@every_event
def test_levels_that_nothing_was_said_of(event: Any) -> None:
    source = {"x": sixteen() / 15, "early": None, "found": None, "event": event}
    with pytest.raises(UserError, match="but dataset=own gives real numbers from 0 to 1: use"):
        assembled("categorical", **source)
    assembled("continuous_bernoulli", **source)


@pytest.mark.parametrize("early", [None, COUNTS], ids=["unannounced", "announced"])
@every_event
def test_counts_without_an_end(early: Any, event: Any) -> None:
    source = {"x": sixteen().float(), "early": early, "found": COUNTS, "event": event}
    for likelihood in ("gaussian", "poisson"):
        _, parts = assembled(likelihood, **source)
        x = parts.data.first("train", 3, torch.device("cpu"))["x"]
        assert x.max() == 15
        assert parts.data.values == COUNTS
    for likelihood in (*ON_LEVELS, "bernoulli", "beta"):
        with pytest.raises(UserError, match="gives whole numbers from 0: use"):
            assembled(likelihood, **source)
    with pytest.raises(UserError, match="without an end"):
        assembled("gaussian", "dataset.dequantize=true", **source)


@pytest.mark.parametrize("values", [UNIT, BINARY, Values(-1.0, 1.0, 3), Values(0.0, math.inf)])
def test_what_a_source_says_early_and_late_agrees(values: Values) -> None:
    x = torch.rand(40, 3).round()
    source = {"x": x, "event": None}
    early = assembled("gaussian", early=values, found=values, **source)[1]
    late = assembled("gaussian", early=None, found=values, **source)[1]
    assert early.data.values == late.data.values
    first = [p.data.first("train", 4, torch.device("cpu"))["x"] for p in (early, late)]
    assert torch.equal(*first)
