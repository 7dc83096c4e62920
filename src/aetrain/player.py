"""Who is trained by which costs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from aetrain.adversarial.outcome import Outcome
from aetrain.objectives.terms import Terms
from aetrain.schedules import Schedule

Batch = dict[str, Tensor]
"""`x` (B, *event) and, where there is one, `y`, `target`, `condition`, `mask`, `weight`,
`offset`."""


OptimizerMaker = Callable[[Iterable[nn.Parameter]], Optimizer]


@dataclass(frozen=True)
class Player:
    """One player of the game: its modules are moved by its terms and by nothing else.

    A variational autoencoder is a game of one player, an adversarial one of two or three.

    Arguments:
        modules: whose parameters it moves.
        terms: from a batch to its costs.
        optimizer: makes its optimizer; None: the one that `optimizer=` chooses.
        optimizer_key: where that is configured.
        rate: its learning rate, over that which its optimizer is made with.
        every: it moves in every so-manieth batch, the last of so many.
        weights: of its terms, numbers or schedules, where `objective.weights` says nothing else. A
            term of weight 0 is a figure for the log.
        outcomes: how its game may end, which the log is watched for.
    """

    modules: Sequence[nn.Module]
    terms: Callable[[Batch], Terms]
    optimizer: OptimizerMaker | None = None
    optimizer_key: str = "optimizer"
    rate: float = 1.0
    every: int = 1
    weights: Mapping[str, float | Schedule] = field(default_factory=dict)
    outcomes: Sequence[Outcome] = ()

    def parameters(self) -> Iterator[nn.Parameter]:
        """Yield each trainable parameter of the player's modules once."""
        seen: set[Any] = set()
        for module in self.modules:
            for parameter in module.parameters():
                if parameter.requires_grad and parameter not in seen:
                    seen.add(parameter)
                    yield parameter
