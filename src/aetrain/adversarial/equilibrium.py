"""The loss of a discriminator that is held in balance with its adversary."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import SURE, Outcome, Remedies
from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.world import World


@final
class Equilibrium(Evolving, AdversarialLoss):
    """Discriminator E(x) − k E(x̃), adversary E(x̃); marks are D = −E.

    After each batch k ← k + λ (γ E(x) − E(x̃)) / N, within 0 and 1, with the batch's mean energies
    and N the number of values of one x, so that λ means the same for pictures of any size. Where
    k stands still E(x̃) = γ E(x). `convergence` = E(x) + |γ E(x) − E(x̃)| of the last batch falls
    while both sides get better. k is a buffer.

    Arguments:
        gamma: γ, above 0: low ones prefer examples that are drawn well to all kinds of them.
        speed: λ.
        start: k before the first batch.
        values: N.

    Raises:
        UserError: where a number is out of its range.

    References:
        Berthelot, Schumm, Metz: BEGAN: Boundary equilibrium generative adversarial networks. 2017.
        https://arxiv.org/abs/1703.10717
    """

    boundary = None
    k: Tensor
    seen: Tensor

    replays = True

    def __init__(
        self, *, gamma: float = 0.5, speed: float = 0.001, start: float = 0.0, values: int = 1
    ) -> None:
        super().__init__()
        for name, number in {"gamma": gamma, "speed": speed}.items():
            if not 0 < number < math.inf:
                raise UserError(f"model.{name}={number}: must be above 0 and finite")
        if not 0 <= start <= 1:
            raise UserError(f"model.start={start}: must be at least 0 and at most 1")
        self.gamma, self.speed, self.values = gamma, speed, values
        self.register_buffer("k", torch.tensor(float(start)))
        # of the present batch: sums of the energies of examples and of fakes, and their numbers
        self.register_buffer("seen", torch.ones(2, 2), persistent=False)

    def real(self, marks: Tensor) -> Tensor:
        """Return E."""
        self._note(0, marks)
        return -marks

    def fake(self, marks: Tensor) -> Tensor:
        """Return −k E."""
        self._note(1, marks)
        return self.k * marks

    def adversary(self, marks: Tensor) -> Tensor:
        """Return E."""
        return -marks

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """k at an end of its range, and energies that are off γ by a factor of 2 nevertheless.

        Fakes of a lower energy than examples are no victory: with γ < 1 that is the balance.
        """
        figures = ("k", "real", "adversarial")
        won = Outcome(
            figures,
            lambda k, real, fake: k <= 1 - SURE and fake > 2 * self.gamma * real,
            "has won: the balance's k is at 0, and fakes cost more than twice model.gamma times"
            " what examples do",
            ["a lower adversary.rate"],
        )
        lost = Outcome(
            figures,
            lambda k, real, fake: k >= SURE and fake < 0.5 * self.gamma * real,
            "has lost: the balance's k is at 1, and fakes cost less than half of model.gamma times"
            " what examples do",
            remedies.stronger,
        )
        return [won, lost]

    def convergence(self) -> Tensor:
        """Return E(x) + |γ E(x) − E(x̃)| of the last batch in this process, ()."""
        real, fake = (self.seen[:, 0] / self.seen[:, 1]).unbind()
        return real + (self.gamma * real - fake).abs()

    @torch.no_grad()
    def after_step(self, step: int, total: int, world: World) -> None:
        """Move k."""
        sums = world.sum(self.seen)
        real, fake = (sums[:, 0] / sums[:, 1]).unbind()
        self.k.add_((self.gamma * real - fake) / self.values, alpha=self.speed).clamp_(0, 1)

    @torch.no_grad()
    def _note(self, row: int, marks: Tensor) -> None:
        self.seen[row, 0].copy_(-marks.sum())
        self.seen[row, 1].fill_(marks.numel())
