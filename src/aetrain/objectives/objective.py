"""Objectives that have a state, or look at the data."""

from abc import ABC, abstractmethod

from torch import nn

from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms


class Objective(nn.Module, ABC):
    """From one pass to the terms of the loss, with buffers of its own.

    Most objectives are plain functions. One whose state changes in each step is `Evolving` too.
    """

    @abstractmethod
    def forward(self, inference: Inference) -> Terms:
        """Return the terms, unweighted."""

    def prepare(self, examples: int) -> None:
        """Learn how many training examples there are, once, before the first step."""
