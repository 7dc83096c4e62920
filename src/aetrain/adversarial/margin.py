"""The loss of a discriminator that gives fakes an energy of at least a margin."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import SURE, Outcome, Remedies
from aetrain.errors import UserError


@final
class Margin(nn.Module, AdversarialLoss):
    """Discriminator E(x) + max(0, m − E(x̃)), adversary E(x̃); marks are D = −E.

    An energy has no zero of its own, so accuracy counts from half-way between the two means. m is a
    buffer, as it may be measured on the data.

    Arguments:
        margin: m, in units of E.

    Raises:
        UserError: where the margin is not above 0.

    References:
        Zhao, Mathieu, LeCun: Energy-based generative adversarial networks. 2017.
        https://arxiv.org/abs/1609.03126
    """

    boundary = None
    margin: Tensor

    def __init__(self, *, margin: float = 10.0) -> None:
        super().__init__()
        if not 0 < margin < math.inf:
            raise UserError(f"model.margin={margin}: must be above 0 and finite, such as 10")
        self.register_buffer("margin", torch.tensor(float(margin)))

    def real(self, marks: Tensor) -> Tensor:
        """Return E."""
        return -marks

    def fake(self, marks: Tensor) -> Tensor:
        """Return max(0, m − E)."""
        return (self.margin + marks).relu()

    def adversary(self, marks: Tensor) -> Tensor:
        """Return E."""
        return -marks

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """Held against the margin: which of two energies is lower is no victory."""
        m = self.margin.item  # as it is when the line is written: it may yet be measured
        won = Outcome(
            ("real", "fake"),
            lambda real, fake: real <= m() and fake <= (1 - SURE) * m(),
            "has won: all fakes cost more than the margin, so it looks at none of them",
            ["a larger model.margin", "a lower adversary.rate"],
        )
        lost = Outcome(
            ("fake",),
            lambda fake: fake >= SURE * m(),
            "has lost: it reconstructs all fakes without an error, so its adversary has nothing to"
            " learn from",
            remedies.stronger,
        )
        return [won, lost]
