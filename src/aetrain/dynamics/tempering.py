"""Schedules by which the momentum cools down."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn

from aetrain.dynamics.between import log_between, raw_between
from aetrain.errors import UserError
from aetrain.families import full_precision


class Tempering(nn.Module, ABC):
    """Factors α₁ ... α_K ≤ 1 of the momentum after each of K steps; Π α = √β₀.

    The momentum begins at the inverse temperature β₀ ≤ 1, wider than it ends: ρ₀ ~ N(0, I / β₀).

    References:
        Caterini, Doucet, Sejdinovic: Hamiltonian variational auto-encoder. 2018.
        https://arxiv.org/abs/1805.11328
    """

    @abstractmethod
    def forward(self) -> Tensor:
        """Return log α of each step, (K,)."""


@final
class NoTempering(Tempering):
    """α = 1.

    Arguments:
        steps: K.
        beta: unused; β₀ is 1.
    """

    zero: Tensor

    def __init__(self, steps: int, beta: float) -> None:
        super().__init__()
        self.register_buffer("zero", torch.zeros(steps), persistent=False)

    def forward(self) -> Tensor:
        """Return zeros, (K,)."""
        return full_precision(self.zero)


@final
class FixedTempering(Tempering):
    """αₖ = √(βₖ₋₁ / βₖ) on the quadratic way 1/√βₖ = 1/√β₀ + (1 − 1/√β₀) k²/K²; β₀ is learned.

    Arguments:
        steps: K.
        beta: β₀ before training, above 0 and below 1.
    """

    squares: Tensor

    def __init__(self, steps: int, beta: float) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.tensor(raw_between(beta)))
        progress = torch.arange(steps + 1) / max(1, steps)
        self.register_buffer("squares", progress.square(), persistent=False)

    def forward(self) -> Tensor:
        """Return log α, (K,)."""
        hot = (-0.5 * log_between(self.raw)).exp()  # 1/√β₀
        root = hot + (1 - hot) * self.squares
        return root.log().diff()


@final
class FreeTempering(Tempering):
    """Each αₖ is learned by itself, between 0 and 1.

    Arguments:
        steps: K.
        beta: β₀ before training, above 0 and below 1; each αₖ is then β₀^(1 / 2K).
    """

    def __init__(self, steps: int, beta: float) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.full((steps,), raw_between(beta ** (0.5 / max(1, steps)))))

    def forward(self) -> Tensor:
        """Return log α, (K,)."""
        return log_between(self.raw)


TEMPERINGS = {"none": NoTempering, "fixed": FixedTempering, "free": FreeTempering}


def tempering_named(name: str, steps: int, beta: float) -> Tempering:
    """Return the schedule of a name.

    Raises:
        UserError: where there is no such name, or β₀ is not between 0 and 1.
    """
    if name not in TEMPERINGS:
        raise UserError(f"model.tempering={name}: choose {', '.join(TEMPERINGS)}")
    if not 0 < beta < 1:
        raise UserError(
            f"model.beta={beta}: must be above 0 and below 1, such as 0.3; for β₀ = 1 use"
            " model.tempering=none"
        )
    return TEMPERINGS[name](steps, beta)
