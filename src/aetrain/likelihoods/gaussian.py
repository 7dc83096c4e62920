"""The Gaussian likelihood with its choices of scale."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound

LOG_SCALE_BOUND = 8.0


@final
class Gaussian(Family):
    """Independent normal values: log p(x|z) = −½ Σ [((x − μ)/σ)² + log 2πσ²], constants kept.

    Arguments:
        event: shape of one event.
        sigma: a positive number, the same fixed σ for all values (1 gives squared error);
            `shared`, one learned σ; `per_dimension`, one learned σ for each value; `decoder`, σ
            computed by the network from z.
        minimum: lower bound on a learned σ, in units of the data, against the density without
            bound on constant values; 1/255 is one grey level of 8-bit data scaled to [0, 1].

    Raises:
        UserError: where a fixed sigma is not positive, a word is not known, or the minimum is
            negative.

    References:
        Kingma, Welling: Auto-encoding variational Bayes, appendix C.2. 2014.
        https://arxiv.org/abs/1312.6114
        Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated decoders.
        2021. https://arxiv.org/abs/2006.13202
    """

    scale: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        sigma: float | Literal["shared", "per_dimension", "decoder"] = 1.0,
        minimum: float = 1 / 255,
    ) -> None:
        super().__init__(event)
        learned = {"shared": (), "per_dimension": self.event, "decoder": None}
        if not isinstance(sigma, str):
            if not sigma > 0:
                raise UserError(
                    f"likelihood.sigma={sigma}: a fixed scale must be above 0, such as 1.0"
                )
            self.register_buffer("scale", torch.tensor(float(sigma)), persistent=False)
        elif sigma not in learned:
            choices = ", ".join(learned)
            raise UserError(f"likelihood.sigma={sigma}: choose a number above 0, or {choices}")
        elif (shape := learned[sigma]) is not None:
            self.raw_scale = nn.Parameter(torch.zeros(shape))
        if minimum < 0:
            raise UserError(f"likelihood.minimum={minimum}: must be 0 or more, such as 0.004")
        self.sigma, self.minimum = sigma, minimum

    @property
    def parameter_shape(self) -> torch.Size:
        """The mean; for sigma=decoder the mean and a raw scale, (2, *event)."""
        return torch.Size((2, *self.event)) if self.sigma == "decoder" else self.event

    def forward(self, raw: Tensor) -> DiagonalNormal:
        """Return p(x|z) from means (..., *event), or means and raw scales (..., 2, *event)."""
        raw = full_precision(raw)
        dims = len(self.event)
        if self.sigma == "decoder":
            loc, raw_scale = raw.unbind(-dims - 1)
            scale = self._bounded(raw_scale)
        else:
            loc = raw
            fixed = not isinstance(self.sigma, str)
            scale = full_precision(self.scale) if fixed else self._bounded(self.raw_scale)
        return DiagonalNormal(loc, scale.log(), dims, scale)

    def _bounded(self, raw_scale: Tensor) -> Tensor:
        """σ = minimum + exp(bounded raw), 1 at raw = 0 up to the minimum."""
        return self.minimum + soft_bound(full_precision(raw_scale), LOG_SCALE_BOUND).exp()
