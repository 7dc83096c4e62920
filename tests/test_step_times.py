import sys
from typing import Any

import pytest

from aetrain.config.files import groups
from tests.test_benchmark import SCRIPTS, grey

__all__ = ["grey"]


@pytest.fixture
def step_times(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import step_times

    monkeypatch.setattr(step_times, "FEW", (2, 1))
    yield step_times
    sys.modules.pop("step_times", None)


def test_every_choice_is_measured(step_times: Any) -> None:
    expected = [f"{group}={name}" for group in step_times.GROUPS for name in groups()[group]]
    assert sorted(step_times.choices()) == sorted(expected)


def test_arithmetic_is_that_of_the_layers(step_times: Any, grey: list[str]) -> None:
    """2 B n m for a layer and as much for each of its gradients; there is none for x."""
    base = (*grey, "dataset.batch_size=100")
    assert step_times.lap(base, 2, 1) > 0
    plain = step_times.work(step_times.Ticks.model)
    layers = [784 * 500, 500 * 40, 20 * 500, 500 * 784]
    assert plain.flops == 2 * 100 * (3 * sum(layers) - layers[0])
    assert plain.weights == sum(layers) + 500 + 40 + 500 + 784

    row = step_times.measured("posterior=bernoulli", base, rounds=2)
    assert row.partner == "prior=bernoulli"
    name, time, _, *counts, _ = row.cells(plain)
    assert name == "posterior=bernoulli prior=bernoulli"
    assert 0.3 < float(time) < 3
    # half as many numbers come out of the encoder
    assert row.own.flops == plain.flops - 2 * 100 * 3 * 500 * 20
    assert [float(count) for count in counts[:2]] == [1.0, 1.0]
    page = step_times.page([row], plain, 0.005, type("Given", (), {"rounds": 2}))
    assert f"| {name} | {time} |" in page
    assert "whose step takes 5.0 ms" in page


def test_a_choice_that_fits_nothing_has_its_refusal(
    step_times: Any, grey: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_times, "PARTNERS", ([],))
    words = tuple(word for word in grey if "binarize" not in word)
    row = step_times.measured("likelihood=categorical", (*words, "network=tied"), rounds=1)
    assert row.own is None
    assert row.cells(None)[-1].startswith("refused: network=tied puts out one number")
