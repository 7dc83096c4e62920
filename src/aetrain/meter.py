"""Sums of the training's costs between two lines of the log."""

import math
import time
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from aetrain.errors import NonFiniteLoss
from aetrain.loggers.writing import write
from aetrain.referee import Referee
from aetrain.skipping import SKIPPED
from aetrain.spent import Spent

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder


@final
class Meter:
    """Keeps each batch's costs on the device until the next line of the log is due.

    Nothing is brought to the host in between; that is also when a loss that is not finite is
    noticed, and traced to its batch, which is a function of its number and can be made again.

    Arguments:
        every: batches between two lines.
        spent: what is added to; by default a count of its own.
    """

    def __init__(self, every: int, spent: Spent | None = None) -> None:
        self.every, self.spent = every, spent or Spent()
        self.latest: dict[str, float] = {}
        self._costs: list[dict[str, Tensor]] = []
        self._examples = 0
        self._since = time.perf_counter()
        self._referee = Referee()

    def due(self, step: int) -> bool:
        """Return whether a line is due after this batch."""
        return (step + 1) % self.every == 0

    def restart(self) -> None:
        """Start the clock afresh, after time that was not spent on training."""
        self._since = time.perf_counter()

    def add(self, costs: dict[str, Tensor], examples: int) -> None:
        """Take a batch's costs."""
        self.spent.add_step()
        self._costs.append(costs)
        self._examples += examples

    def flush(self, model: "Autoencoder") -> None:
        """Write the means since the last line, if there is anything, and begin anew.

        A batch whose update was left out may have costs that are not finite: they are no part of
        the means.

        Raises:
            NonFiniteLoss: with the step, the term, the batch's range and the last good checkpoint.
        """
        if not self._costs:
            return
        rows, self._costs = self._costs, []
        kept = {name: x for row in rows for name, x in row.items()}
        names = [n for n in kept if not n.endswith(("gradient_norm", SKIPPED))]
        # of a player who did not move in a batch there is nothing
        none = torch.zeros_like(kept[names[0]])
        table = torch.stack([torch.stack([row.get(n, none) for n in names]) for row in rows])
        moved = torch.tensor([[name in row for name in names] for row in rows])
        values = model.world.sum(
            table.double().cpu() if table.device.type == "mps" else table.double()
        )
        values, skipped = values.cpu(), _skipped(rows)
        finite = values.isfinite().all(1)
        spoilt = ~torch.stack([finite, *skipped.values()]).any(0)
        if spoilt.any():
            raise NonFiniteLoss(_diagnose(model, values, names, int(spoilt.nonzero()[0])))
        values, moved = values[finite], moved[finite]
        elapsed = time.perf_counter() - self._since
        self.spent.add(elapsed, self._examples)
        counted = moved.sum(0)
        sums = dict(zip(names, values.sum(0).tolist()))
        means = {name: sums[name] / n for name, n in zip(names, counted.tolist()) if n}
        norms = {k: v.item() for row in rows for k, v in row.items() if k.endswith("gradient_norm")}
        speed = self._examples / max(elapsed, 1e-9)
        self._examples = 0
        self.restart()
        self.latest = _line(model, means) | {f"optimizer/{k}": v for k, v in norms.items()}
        self.latest |= {f"optimizer/{name}": float(out.sum()) for name, out in skipped.items()}
        self.latest["speed/examples_per_s"] = speed
        write(model, self.latest)
        outcomes = [end for player in model.game.players.values() for end in player.outcomes]
        for text in self._referee.judge(self.latest, model.position.step, outcomes):
            model.say(text)


def _line(model: "Autoencoder", means: dict[str, float]) -> dict[str, float]:
    """Return what a line of the log says, by name."""
    step = model.position.stage_step - 1
    line = {f"train/{name}": mean for name, mean in means.items()}
    if "rate" in means and "distortion" in means:
        cost = means["distortion"] + means["rate"]
        line["train/elbo"] = -cost
        if (offset := model.data.bits_offset) is not None:
            bits = cost / (model.data.event.numel() * math.log(2))
            line["train/bits_per_dim"] = bits + offset
    for term in means:
        if "loss" not in term:
            line[f"weight/{term}"] = model.game.weight(term, step)
    for name, optimizer in model.game.optimizers.items():
        line[f"optimizer/{name}_lr"] = float(optimizer.param_groups[0]["lr"])
    line["speed/epoch"] = model.position.epochs_before + model.position.epoch
    if len(model.stages) > 1:
        line["stage"] = model.position.stage
    return line


def _skipped(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return which batches' updates were left out, (batches,), where that is asked for."""
    found = {name: x for row in rows for name, x in row.items() if name.endswith(SKIPPED)}
    return {
        name: torch.stack([row.get(name, torch.zeros_like(x)) for row in rows]).cpu()
        for name, x in found.items()
    }


def _diagnose(model: "Autoencoder", values: Tensor, names: list[str], row: int) -> str:
    """Say which batch went wrong, in which term, on what data."""
    place = int((~values[row].isfinite()).nonzero()[0])
    term, position = names[place], model.position
    back = len(values) - row
    batch = position.batch - back
    span, sound = "", True
    if batch >= 0:
        item = model.data.train_dataloader().batch_at(position.epoch, batch)
        x = model.data.batch(item, model.device)["x"]
        sound = bool(x.isfinite().all())
        span = f" on a batch with values from {x.min():.4g} to {x.max():.4g}"
    step = position.step - back
    # the costs of those who move later in a step are after the first one's update
    first = place <= next((i for i, n in enumerate(names) if n.endswith("loss")), len(names))
    remedy = (
        _before_any_update(term, sound)
        if step == 0 and first
        else "lower optimizer.lr, or set trainer.gradient_clip_val"
    )
    return f"the term '{term}' became {values[row, place]:.4g} at step {step}{span}: {remedy}"


def _before_any_update(term: str, sound: bool) -> str:
    """Say what may be the cause where no weight of the model has moved yet."""
    if not sound:
        return "the data are not finite; use data that are"
    if term.endswith("loss"):
        return "its terms are finite, so a weight is too large; set a smaller objective.weights"
    return (
        "before any update, so optimizer.lr is not the cause; use data of a smaller range, another"
        " likelihood, or trainer.precision=32-true"
    )
