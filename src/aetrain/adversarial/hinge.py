"""The hinge loss."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import SURE, Outcome, Remedies, deceived


@final
class Hinge(AdversarialLoss):
    """Discriminator max(0, 1 − D(x)) + max(0, 1 + D(x̃)), adversary −D(x̃).

    What is told by a margin of 1 teaches the discriminator nothing more.

    References:
        Lim, Ye: Geometric GAN. 2017. https://arxiv.org/abs/1705.02894
        Miyato, Kataoka, Koyama, Yoshida: Spectral normalization for generative adversarial
        networks. 2018. https://arxiv.org/abs/1802.05957
    """

    def real(self, marks: Tensor) -> Tensor:
        """Return max(0, 1 − D)."""
        return (1 - marks).relu()

    def fake(self, marks: Tensor) -> Tensor:
        """Return max(0, 1 + D)."""
        return (1 + marks).relu()

    def adversary(self, marks: Tensor) -> Tensor:
        """Return −D."""
        return -marks

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """The adversary's gradient never vanishes, so accuracies show no victory: costs of 0 do."""
        won = Outcome(
            ("real", "fake"),
            lambda real, fake: real + fake <= (1 - SURE) * self.guess,
            "has won: it tells all by its margin of 1 and learns nothing more, and its adversary"
            " comes no nearer",
            remedies.weaker,
        )
        so = "they are not told what is wrong with them"
        return [won, deceived(self.guess, so, remedies.stronger)]
