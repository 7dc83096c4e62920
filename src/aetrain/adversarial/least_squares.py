"""The least-squares loss."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.outcome import Outcome, Remedies, deceived, tells_all
from aetrain.adversarial.smoothing import require_smoothing


@final
class LeastSquares(AdversarialLoss):
    """Discriminator ½ (D(x) − 1)² + ½ D(x̃)², adversary ½ (D(x̃) − 1)².

    Arguments:
        smoothing: s, one-sided: the label of real examples is 1 − s.

    Raises:
        UserError: where the smoothing is out of its range.

    References:
        Mao, Li, Xie, Lau, Wang, Smolley: Least squares generative adversarial networks. 2017.
        https://arxiv.org/abs/1611.04076
    """

    boundary = 0.5

    def __init__(self, *, smoothing: float = 0.0) -> None:
        self.smoothing = require_smoothing(smoothing)

    def real(self, marks: Tensor) -> Tensor:
        """Return ½ (D − 1 + s)²."""
        return 0.5 * (marks - (1 - self.smoothing)).square()

    def fake(self, marks: Tensor) -> Tensor:
        """Return ½ D²."""
        return 0.5 * marks.square()

    def adversary(self, marks: Tensor) -> Tensor:
        """Return ½ (D − 1)²."""
        return 0.5 * (marks - 1).square()

    def outcomes(self, remedies: Remedies) -> Sequence[Outcome]:
        """Both: who is told surely has a gradient, and little that it could go by."""
        return [
            tells_all("its adversary has little to go by", remedies.weaker),
            deceived(self.guess, "they are not told what is wrong with them", remedies.stronger),
        ]
