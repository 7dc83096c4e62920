"""What is logged between two lines."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from aetrain.adversarial.outcome import Outcome
from aetrain.autoencoder import Autoencoder
from aetrain.errors import NonFiniteLoss
from aetrain.meter import Meter
from aetrain.player import Player
from aetrain.position import Position
from aetrain.referee import LINES
from aetrain.world import World


class Lines:
    def __init__(self) -> None:
        self.written: list[tuple[int, dict[str, float]]] = []

    def log_metrics(self, figures: dict[str, float], step: int) -> None:
        self.written.append((step, figures))


def model(step: int, lines: Lines) -> Autoencoder:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.25}])
    game = SimpleNamespace(
        players={}, optimizers={"model": optimizer}, weight=lambda term, step: 0.5
    )
    data = SimpleNamespace(
        bits_offset=0.0,
        event=torch.Size((2,)),
        train_dataloader=lambda: SimpleNamespace(batch_at=lambda epoch, batch: (epoch, batch)),
        batch=lambda item, device: {"x": torch.tensor([0.0, float(item[1])])},
    )
    return cast(
        Autoencoder,
        SimpleNamespace(
            position=Position(epoch=1, batch=step, step=step),
            world=World(),
            game=game,
            data=data,
            device=torch.device("cpu"),
            loggers=[lines],
            stages=[None],
        ),
    )


def costs(distortion: float, rate: float) -> dict[str, Any]:
    return {
        "distortion": torch.tensor(distortion),
        "rate": torch.tensor(rate),
        "loss": torch.tensor(0.0),
    }


def test_means_since_the_last_line() -> None:
    lines, meter = Lines(), Meter(every=2)
    assert [meter.due(step) for step in range(4)] == [False, True, False, True]
    meter.add(costs(1.0, 2.0), 10)
    meter.add(costs(3.0, 4.0), 10)
    meter.flush(model(2, lines))
    ((step, line),) = lines.written
    assert step == 2
    assert line["train/distortion"] == 2.0
    assert line["train/elbo"] == -5.0
    assert line["weight/rate"] == 0.5
    assert line["optimizer/model_lr"] == 0.25
    assert line["train/bits_per_dim"] == pytest.approx(5 / (2 * 0.6931472))
    meter.flush(model(2, lines))
    assert len(lines.written) == 1


def test_a_cost_that_is_not_finite_is_traced_to_its_batch() -> None:
    meter = Meter(every=100)
    for value in (1.0, 2.0, float("inf"), float("nan")):
        meter.add(costs(value, 1.0), 10)
    with pytest.raises(NonFiniteLoss) as error:
        meter.flush(model(10, Lines()))
    assert "the term 'distortion' became inf at step 8" in str(error.value)
    assert "values from 0 to 8" in str(error.value)


@pytest.mark.parametrize(
    ("spoilt", "top", "told"),
    [
        ({"distortion": math.inf}, 1.0, "before any update, so optimizer.lr is not the cause; use"),
        ({"loss": math.inf}, 1.0, "its terms are finite, so a weight is too large; set a smaller"),
        ({"distortion": math.nan, "loss": math.nan}, math.nan, "the data are not finite; use data"),
    ],
)
def test_the_learning_rate_is_not_blamed_before_the_first_update(
    spoilt: dict[str, float], top: float, told: str
) -> None:
    """Neither for the first player's costs; those of the second are after the first's update."""
    made, meter = model(1, Lines()), Meter(every=1)
    made.data.batch = lambda item, device: {"x": torch.tensor([0.0, top])}
    wrong = {name: torch.tensor(value) for name, value in spoilt.items()}
    meter.add({**costs(1.0, 1.0), **wrong, "fake": torch.tensor(0.0)}, 10)
    with pytest.raises(NonFiniteLoss, match=f"at step 0 on a batch.*: {told}") as error:
        meter.flush(made)
    assert "lower optimizer.lr" not in str(error.value)
    meter = Meter(every=1)
    meter.add({**costs(1.0, 1.0), "fake": torch.tensor(math.nan)}, 10)
    with pytest.raises(NonFiniteLoss, match=r"'fake' became nan at step 0.*: lower optimizer.lr"):
        meter.flush(made)


def test_a_batch_that_was_left_out_spoils_nothing() -> None:
    lines, meter = Lines(), Meter(every=100)
    for value, skipped in ((1.0, False), (float("nan"), True), (5.0, True)):
        meter.add({**costs(value, 1.0), "skipped": torch.tensor(skipped)}, 10)
    meter.flush(model(3, lines))
    ((_, line),) = lines.written
    assert line["train/distortion"] == 3.0
    assert line["optimizer/skipped"] == 2
    meter.add({**costs(float("nan"), 1.0), "skipped": torch.tensor(True)}, 10)
    meter.flush(model(4, lines))
    assert lines.written[-1][1]["optimizer/skipped"] == 1
    assert "train/distortion" not in lines.written[-1][1]
    meter.add({**costs(float("nan"), 1.0), "skipped": torch.tensor(True)}, 10)
    meter.add({**costs(float("inf"), 1.0), "skipped": torch.tensor(False)}, 10)
    with pytest.raises(NonFiniteLoss, match="became inf at step 5"):
        meter.flush(model(6, lines))


def test_the_referee_is_told_how_the_games_may_end() -> None:
    made, meter, told = model(2, Lines()), Meter(every=1), list[str]()
    made.say = told.append
    end = Outcome(("distortion",), lambda cost: cost < 2, "has won: of course", ["nothing"])
    made.game.players = {"one": Player([], lambda batch: {}, outcomes=[end])}
    for _ in range(LINES):
        assert told == []
        meter.add(costs(1.0, 2.0), 10)
        meter.flush(made)
    assert told == ["step 2: the discriminator has won: of course. Try nothing"]
