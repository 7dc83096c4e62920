"""A decoder that changes slowly with the code."""

from typing import final

from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.jacobian import squared_norm_at
from aetrain.regularisers.regulariser import Regulariser


@final
class GradientPenalty(Regulariser):
    """`gradient_penalty` = |∂μ/∂z|², the squared Frobenius norm of the Jacobian of the mean μ(z).

    It is exact, or Hutchinson's estimate from random directions in the space of x. A VAE with
    posteriors N(z, σ² I) pays about ½ σ² |J|² more than its reconstructions at the means, under a
    Gaussian likelihood of scale 1: this is that cost without the noise.

    Arguments:
        encoder: left alone, but for the codes' gradient.
        decoder: p(x|z).
        probes: random directions of each step; None for all, exactly.

    Raises:
        UserError: where there are fewer probes than 1, or the decoder is autoregressive.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders
        (RAE-GP). 2020. https://arxiv.org/abs/1903.12436
    """

    def __init__(
        self, encoder: Conditional, decoder: Conditional, *, probes: int | None = 1
    ) -> None:
        del encoder
        if probes is not None and probes < 1:
            raise UserError(
                f"model.regularisers.gradient_penalty.probes={probes}: must be at least 1, or null"
                " for the exact norm"
            )
        if isinstance(decoder.network, AutoregressiveNetwork):
            raise UserError(
                "model.regularisers.gradient_penalty: the mean of an autoregressive decoder is not"
                " a function of the code alone, so its gradient is no penalty: use"
                " network=conv, or model=rae"
            )
        self.decoder, self.probes = decoder, probes

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the penalty, (B,), at the codes of the pass."""
        norm = squared_norm_at(inference.z[0], lambda z: self.decoder(z).mean, self.probes)
        return {"gradient_penalty": norm}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return none."""
        return {}
