"""Codes that change slowly with the data."""

from typing import final

from torch import Tensor, nn

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.mlp import MLP
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.posteriors.delta import Delta
from aetrain.regularisers.jacobian import squared_norm_at
from aetrain.regularisers.regulariser import Regulariser


@final
class Contraction(Regulariser):
    """`contraction` = |∂h/∂x|², the squared Frobenius norm of the Jacobian of the code h(x), (B,).

    Of one layer h = s(W x + b), s a sigmoid or another function whose derivative is one of its
    value, it is Σⱼ s'ⱼ² |Wⱼ|², for a sigmoid Σⱼ (hⱼ (1 − hⱼ))² |Wⱼ|², at next to no cost; that is
    used wherever it holds. Of any other encoder it is exact, by as many passes as the code or the
    data have values, whichever is cheaper, or Hutchinson's estimate from a few.

    Arguments:
        encoder: h, a point-mass posterior's.
        decoder: left alone.
        probes: random directions of each step; None for all, exactly. One layer needs none.

    Raises:
        UserError: where there are fewer probes than 1.

    References:
        Rifai, Vincent, Muller, Glorot, Bengio: Contractive auto-encoders: explicit invariance
        during feature extraction. ICML 2011.
        https://mlanthology.org/icml/2011/rifai2011icml-contractive/
    """

    def __init__(
        self, encoder: Conditional, decoder: Conditional, *, probes: int | None = None
    ) -> None:
        del decoder
        if probes is not None and probes < 1:
            raise UserError(
                f"model.regularisers.contraction.probes={probes}: must be at least 1, or null for"
                " the exact norm"
            )
        self.encoder, self.probes = encoder, probes
        self.layer = _only_layer(encoder)
        self.slope = encoder.family.slope if isinstance(encoder.family, Delta) else None

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the cost at what was encoded."""
        return {"contraction": self._norm(x, inference.z[0])}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return the same."""
        return {"contraction": self._norm(x, inference.z[0])}

    def _norm(self, x: Tensor, h: Tensor) -> Tensor:
        if self.layer is not None and self.slope is not None:
            lengths = full_precision(self.layer.weight).square().sum(1)
            return (self.slope(h).flatten(1).square() * lengths).sum(1)
        return squared_norm_at(x, lambda x: self.encoder(x).mean, self.probes)


def _only_layer(encoder: Conditional) -> nn.Linear | None:
    """Return the encoder's layer where it is but one, and linear, else None."""
    layers = list(encoder.network.layers) if isinstance(encoder.network, MLP) else []
    only = layers[0] if len(layers) == 1 else None
    return only if isinstance(only, nn.Linear) else None
