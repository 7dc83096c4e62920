"""What the two sides of an adversarial game pay."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from aetrain.adversarial.outcome import Outcome, Remedies


class AdversarialLoss(ABC):
    """The costs of a discriminator and of its adversary, from marks D(x) of the discriminator.

    A mark is any real number, higher for what looks real. All costs are (B,), to be minimised.
    """

    boundary: float | None = 0.0
    """The mark from which on x is taken for real; None: half-way between the two mean marks."""

    bounded: bool = True
    """False where marks run away unless something bounds the discriminator's slope."""

    @abstractmethod
    def real(self, marks: Tensor) -> Tensor:
        """Return what the discriminator pays for its marks (B,) of real examples."""

    @abstractmethod
    def fake(self, marks: Tensor) -> Tensor:
        """Return what the discriminator pays for its marks (B,) of fakes."""

    @abstractmethod
    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """Return the victories that can be told from the log; none where none can be.

        Arguments:
            remedies: what may be tried that is no option of the loss.
        """

    @property
    def guess(self) -> float:
        """What the discriminator pays, both costs together, for the boundary's mark of all."""
        mark = torch.tensor(self.boundary or 0.0)
        return (self.real(mark) + self.fake(mark)).item()

    @abstractmethod
    def adversary(self, marks: Tensor) -> Tensor:
        """Return what the maker of fakes pays for the discriminator's marks (B,) of them."""
