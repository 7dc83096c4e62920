"""The throughput script: what its bare loop does is what the program does."""

import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
SMALL = ("dataset=digits", "dataset.limit=60", "dataset.batch_size=20", "network.hidden=[8]")


@pytest.fixture
def throughput(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import throughput

    base = [o for o in throughput.BASE if not o.startswith(("dataset", "network.hidden"))]
    monkeypatch.setattr(throughput, "BASE", (*base, *SMALL))
    yield throughput
    sys.modules.pop("throughput", None)


def test_a_lap_has_the_batches_of_an_epoch_and_is_repeated(throughput: Any) -> None:
    (lap,) = throughput.aetrain_laps(["model=vae"])
    assert (lap.stage, lap.batches) == (0, 3)
    before = [p.detach().clone() for p in lap.model.parameters()]
    assert throughput.bare_seconds(lap) > 0
    moved = [not a.equal(b) for a, b in zip(before, lap.model.parameters(), strict=True)]
    assert all(moved)


def test_one_ratio_a_round_and_stage(throughput: Any) -> None:
    found = throughput.ratios(["model=ae"], rounds=2)
    assert [len(own) for own in found] == [2]
    assert min(found[0]) > 0
