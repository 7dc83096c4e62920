"""The loss of the Wasserstein game."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import SURE, Outcome, Remedies


@final
class Wasserstein(AdversarialLoss):
    """Discriminator D(x̃) − D(x), adversary −D(x̃).

    Among discriminators of slope 1 at most, the best one's −cost is the Wasserstein-1 distance of
    the two distributions: the slope must be bounded, by the gradient penalty or spectral norms. A
    mark has no zero of its own, so accuracy counts from half-way between the two means.

    References:
        Arjovsky, Chintala, Bottou: Wasserstein GAN. 2017. https://arxiv.org/abs/1701.07875
    """

    boundary = None
    bounded = False

    def real(self, marks: Tensor) -> Tensor:
        """Return −D."""
        return -marks

    def fake(self, marks: Tensor) -> Tensor:
        """Return D."""
        return marks

    def adversary(self, marks: Tensor) -> Tensor:
        """Return −D."""
        return -marks

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """One: to tell all is right, as the distance is then found; to tell them wrongly is not."""
        return [
            Outcome(
                ("accuracy_real", "accuracy_fake"),
                lambda real, fake: max(real, fake) <= 1 - SURE,
                "has lost: it marks all fakes higher than all that is real, so its adversary is"
                " driven away",
                remedies.stronger,
            )
        ]
