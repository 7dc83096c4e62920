"""The minimax game as it is analysed."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn.functional import softplus

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import Outcome, Remedies, deceived, tells_all
from aetrain.adversarial.smoothing import require_smoothing


@final
class Saturating(AdversarialLoss):
    """Discriminator −log σ(D(x)) − log σ(−D(x̃)), adversary log σ(−D(x̃)): a zero-sum game.

    At the discriminator's best the adversary minimises the Jensen–Shannon divergence. Its gradient
    vanishes where its fakes are told surely, so it is for theory and for comparison.

    Arguments:
        smoothing: s, one-sided: the label of real examples is 1 − s.

    Raises:
        UserError: where the smoothing is out of its range.

    References:
        Goodfellow et al.: Generative adversarial nets. 2014. https://arxiv.org/abs/1406.2661
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
        """Return log σ(−D)."""
        return -softplus(marks)

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """Both: who is told surely has next to no gradient."""
        other = ["adversary=non_saturating", *remedies.weaker]
        return [
            tells_all("its adversary learns next to nothing", other),
            deceived(self.guess, "they are not told what is wrong with them", remedies.stronger),
        ]
