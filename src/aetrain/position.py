"""Where a run stands."""

from dataclasses import dataclass


@dataclass
class Position:
    """Epochs of the stage finished, batches of the present epoch trained on, and batches in all.

    The same count for every model, however many optimizers move in a batch: schedules, logs,
    `max_steps` and the order of the data follow it. A run has one stage, or several, one after
    another; epochs, and what schedules and limits count, begin anew in each.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    stage: int = 0
    epochs_before: int = 0
    steps_before: int = 0
    finished: bool = False
    """Whether the stage has come to its end."""

    @property
    def stage_step(self) -> int:
        """Batches of the stage that were trained on."""
        return self.step - self.steps_before

    def next_stage(self) -> None:
        """Move on to the beginning of the next stage."""
        self.stage += 1
        self.epochs_before += self.epoch
        self.steps_before = self.step
        self.epoch = self.batch = 0
        self.finished = False
