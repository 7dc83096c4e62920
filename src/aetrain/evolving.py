"""Modules that change after each step, by other means than gradients."""

from abc import ABC, abstractmethod

from torch import nn

from aetrain.world import World


class Evolving(nn.Module, ABC):
    """A module that acts after each batch: moving averages, multipliers, schedules of its own.

    What it changes are buffers (or parameters), so that a run that goes on finds them as they were.
    """

    replays: bool = False
    """True for a module whose forward pass leaves behind nothing but what it writes to buffers in
    place: a recorded step does that too, and sets no attributes, see `Recorder`."""

    @abstractmethod
    def after_step(self, step: int, total: int, world: World) -> None:
        """Act after a batch; nothing here may wait for the device.

        Arguments:
            step: batches of the stage trained on, this one included.
            total: batches of the whole stage, for schedules that need its end.
            world: the processes; what is computed from a batch must be summed over them.
        """
