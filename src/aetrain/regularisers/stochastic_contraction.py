"""Codes that change little when the data are shaken."""

from typing import final

import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser


@final
class StochasticContraction(Regulariser):
    """`stochastic_contraction` = E|h(x) − h(x + ε)|², ε ~ N(0, σ² I), (B,), from one draw of ε.

    It costs one more pass through the encoder, whatever the size of the code. As σ → 0 it tends to
    σ² |∂h/∂x|², the `contraction`; at larger σ it also sees how h bends.

    Arguments:
        encoder: h, a point-mass posterior's.
        decoder: left alone.
        sigma: σ, above 0, in units of x.

    Raises:
        UserError: where sigma is not above 0.

    References:
        Rifai, Mesnil, Vincent, Muller, Bengio, Dauphin, Glorot: Higher order contractive
        auto-encoder. ECML 2011. https://doi.org/10.1007/978-3-642-23783-6_41
        Poole, Sohl-Dickstein, Ganguli: Analyzing noise in autoencoders and deep networks. 2014.
        https://arxiv.org/abs/1406.1831
    """

    def __init__(self, encoder: Conditional, decoder: Conditional, *, sigma: float = 0.1) -> None:
        del decoder
        if not sigma > 0:
            raise UserError(
                f"model.regularisers.stochastic_contraction.sigma={sigma}: must be above 0, such"
                " as 0.1"
            )
        self.encoder, self.sigma = encoder, sigma

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the cost at what was encoded."""
        return {"stochastic_contraction": self._moved(x, inference.z[0])}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return the same."""
        return {"stochastic_contraction": self._moved(x, inference.z[0])}

    def _moved(self, x: Tensor, h: Tensor) -> Tensor:
        shaken = self.encoder(x + self.sigma * torch.randn_like(x)).mean
        return (shaken - h).flatten(1).square().sum(1)
