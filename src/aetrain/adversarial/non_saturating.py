"""The loss that generative adversarial networks are trained by."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn.functional import softplus

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import Outcome, Remedies, deceived, tells_all
from aetrain.adversarial.smoothing import require_smoothing


@final
class NonSaturating(AdversarialLoss):
    """Discriminator −log σ(D(x)) − log σ(−D(x̃)), adversary −log σ(D(x̃)): in nats.

    The adversary's gradient is largest where its fakes are told most surely.

    Arguments:
        smoothing: s, one-sided: the label of real examples is 1 − s, so that no mark is worth
            being raised without end; that of fakes stays 0.

    Raises:
        UserError: where the smoothing is out of its range.

    References:
        Goodfellow et al.: Generative adversarial nets. 2014. https://arxiv.org/abs/1406.2661
        Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen: Improved techniques for training
        GANs (one-sided label smoothing). 2016. https://arxiv.org/abs/1606.03498
    """

    def __init__(self, *, smoothing: float = 0.0) -> None:
        self.smoothing = require_smoothing(smoothing)

    def real(self, marks: Tensor) -> Tensor:
        """Return −(1 − s) log σ(D) − s log σ(−D)."""
        return softplus(-marks) + self.smoothing * marks if self.smoothing else softplus(-marks)

    def fake(self, marks: Tensor) -> Tensor:
        """Return −log σ(−D)."""
        return softplus(marks)

    def adversary(self, marks: Tensor) -> Tensor:
        """Return −log σ(D)."""
        return softplus(-marks)

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """Both: who is told surely has a gradient, and little that it could go by."""
        return [
            tells_all("its adversary has little to go by", remedies.weaker),
            deceived(self.guess, "they are not told what is wrong with them", remedies.stronger),
        ]
