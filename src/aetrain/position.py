"""Where a run stands."""

from dataclasses import dataclass


@dataclass
class Position:
    """Epochs finished, batches of the present epoch trained on, and batches in all.

    The same count for every model, however many optimizers move in a batch: schedules, logs,
    `max_steps` and the order of the data follow it.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
