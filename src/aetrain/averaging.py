"""A moving average of the weights: evaluation uses it while training goes on with its own."""

from collections.abc import Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.families import full_precision
from aetrain.world import World

NAME = "averaged_weights"
"""Where a model keeps it; what it holds comes after this name in a checkpoint."""

State = Mapping[str, Tensor]


@final
class AveragedWeights(Evolving):
    """ā ← d ā + (1 − d) w after each step, with d = min(decay, (1 + n) / (10 + n)) after n steps.

    The lower decay of the first steps takes the place of a correction for the initial weights,
    which it forgets within some tens of steps. All parameters that are trained are averaged, those
    in half precision in float32, whose rounding is finer than the steps of an average; buffers are
    used as they are. A step whose update is left out counts as any other.

    Arguments:
        model: whose weights; it is not made a part of this module.
        decay: d at the end, at least 0 and below 1.

    Raises:
        UserError: where the decay is out of its range.

    References:
        Polyak, Juditsky: Acceleration of stochastic approximation by averaging. 1992.
        https://doi.org/10.1137/0330046
    """

    replays = True

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise UserError(f"trainer.ema_decay={decay}: must be at least 0 and below 1")
        self.decay = decay
        # weights that are tied have several names in a checkpoint, and an average for each
        named = model.named_parameters(remove_duplicate=False)
        trained = {name: p for name, p in named if p.requires_grad}
        self._weights: list[Tensor] = list(trained.values())
        self._aside: list[Tensor] | None = None
        for name, weight in trained.items():
            average = full_precision(weight.detach().clone())
            self.register_buffer(name.replace(".", "/"), average)

    def decay_after(self, steps: int) -> float:
        """Return d of the update after so many steps, that one included."""
        return min(self.decay, (1 + steps) / (10 + steps))

    @torch.no_grad()
    def begin(self) -> None:
        """Let the average be the weights as they are."""
        copy(self._weights, self._averages())

    @torch.no_grad()
    def after_step(self, step: int, total: int, world: World) -> None:
        """Move the average towards the weights, which are the same in every process."""
        weights = [full_precision(weight) for weight in self._weights]
        share = 1 - self.decay_after(step)
        torch._foreach_lerp_(self._averages(), weights, share)  # pyright: ignore[reportPrivateImportUsage]

    @torch.no_grad()
    def enter(self) -> bool:
        """Put the average in the weights' place; return whether it was not there already."""
        if self._aside is not None:
            return False
        self._aside = [weight.detach().clone() for weight in self._weights]
        copy(self._averages(), self._weights)
        return True

    @torch.no_grad()
    def leave(self) -> None:
        """Put the weights of the training back, if they are not there."""
        if self._aside is not None:
            copy(self._aside, self._weights)
            self._aside = None

    def _averages(self) -> list[Tensor]:
        return list(self.buffers())


def copy(source: Sequence[Tensor], target: Sequence[Tensor]) -> None:
    """Copy tensors, one by one."""
    for one, other in zip(source, target, strict=True):
        other.copy_(one)


def without(state: State) -> dict[str, Tensor]:
    """Return a model's state with the weights of the training, and no averages."""
    return {name: x for name, x in state.items() if not name.startswith(f"{NAME}.")}


def usable(state: State) -> dict[str, Tensor]:
    """Return a model's state with the averages, where there are any, in the weights' place."""
    averages = {k.removeprefix(f"{NAME}."): x for k, x in state.items() if k.startswith(f"{NAME}.")}
    return without(state) | {name.replace("/", "."): x for name, x in averages.items()}


def suited(state: State, average: AveragedWeights | None) -> dict[str, Tensor]:
    """Return a state with averages where a model keeps some: the saved ones, else the weights."""
    weights = without(state)
    if average is None:
        return weights
    names = [name for name, _ in average.named_buffers()]
    begun = {f"{NAME}.{name}": weights[name.replace("/", ".")] for name in names}
    return begun | dict(state)
