"""The hinge loss."""

from typing import final

from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss


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
