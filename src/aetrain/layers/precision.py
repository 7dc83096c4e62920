"""The ladder's merge."""

from typing import final

from torch import Tensor
from torch.nn.functional import logsigmoid

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.families import full_precision, soft_bound
from aetrain.layers.merge import Merge
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND


@final
class Precision(Merge):
    """q(zₗ | z above, x) ∝ N(μ̂, σ̂²) p(zₗ | z above): their product, in closed form.

    1/σ² = 1/σ̂² + 1/σₚ² and μ = (μ̂/σ̂² + μₚ/σₚ²) σ². What came up is the message of the data, a
    likelihood. Its raw mean is m = μ̂ / (1 + σ̂²), the mean that q had if the prior were N(0, 1): as
    σ̂ grows the data's pull μ̂/σ̂² stays m, whereas that of a raw μ̂ would vanish, and with it the
    gradient that could bring the latent back. Without a rise of the rate's weight most latents
    still fall silent (`annealing=linear`, as in the paper).

    Arguments:
        latent: D.
        up: size of the features that came up, which are not used.
        down: size of the features that came down, which are not used.

    References:
        Sønderby, Raiko, Maaløe, Sønderby, Winther: Ladder variational autoencoders. 2016.
        https://arxiv.org/abs/1602.02282
    """

    def __init__(self, latent: int, up: int, down: int) -> None:
        super().__init__()

    def forward(
        self, raw: Tensor, up: Tensor, down: Tensor, prior: DiagonalNormal
    ) -> DiagonalNormal:
        """Return the normalised product, batch shape (N,); see `Merge`."""
        m, raw_scale = full_precision(raw).unbind(1)
        message = soft_bound(raw_scale, LOG_SCALE_BOUND)
        log_ratio = 2 * (prior.log_scale - message)
        # the share of the data's precision, σ̂⁻² / (σ̂⁻² + σₚ⁻²), and σ² = σₚ² times the prior's
        share = log_ratio.sigmoid()
        log_scale = prior.log_scale + 0.5 * logsigmoid(-log_ratio)
        loc = prior.loc * (1 - share) + m * share * (1 + (2 * message).exp())
        return DiagonalNormal(loc, log_scale, 1)
