"""The loss of a discriminator whose marks are a log ratio of densities."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn.functional import softplus

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import Outcome, Remedies, deceived


@final
class DensityRatio(AdversarialLoss):
    """Discriminator −log σ(D(x)) − log σ(−D(x̃)), adversary −D(x̃).

    At its best D = log p(x) − log q(x), p the density of what is real, q that of the fakes. The
    adversary then pays KL(q ‖ p), in nats.

    References:
        Mescheder, Nowozin, Geiger: Adversarial variational Bayes. 2017.
        https://arxiv.org/abs/1701.04722
    """

    def real(self, marks: Tensor) -> Tensor:
        """Return −log σ(D)."""
        return softplus(-marks)

    def fake(self, marks: Tensor) -> Tensor:
        """Return −log σ(−D)."""
        return softplus(marks)

    def adversary(self, marks: Tensor) -> Tensor:
        """Return −D."""
        return -marks

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """One: far distributions are told surely; but KL(q ‖ p) is never below 0."""
        so = "the divergence that it finds is below 0, which none is"
        return [deceived(self.guess, so, remedies.stronger)]
