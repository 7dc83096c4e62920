"""A decoder that changes slowly with the code."""

import warnings
from typing import final

import torch
from torch import Tensor
from torch.func import jvp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser


@final
class GradientPenalty(Regulariser):
    """`gradient_penalty` = |∂μ/∂z|², the squared Frobenius norm of the Jacobian of the mean μ(z).

    With J = ∂μ/∂z, |J|² = Σ_d |J e_d|² over the D directions of the code, each a pass forward with
    its derivative; or, without bias, the mean of |J v|² over probes v of independent ±1
    (Hutchinson). A VAE with posteriors N(z, σ² I) pays about ½ σ² |J|² more than its
    reconstructions at the means, under a Gaussian likelihood of scale 1: this is that cost without
    the noise.

    Arguments:
        decoder: p(x|z).
        probes: how many; None for all directions, exactly.

    Raises:
        UserError: where there are fewer probes than 1, or the decoder is autoregressive.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders
        (RAE-GP). 2020. https://arxiv.org/abs/1903.12436
        Hutchinson: A stochastic estimator of the trace of the influence matrix for Laplacian
        smoothing splines. 1990. https://doi.org/10.1080/03610919008812866
    """

    def __init__(self, decoder: Conditional, *, probes: int | None = 1) -> None:
        super().__init__(decoder)
        if probes is not None and probes < 1:
            raise UserError(
                f"model.regulariser.probes={probes}: must be at least 1, or null for the exact norm"
            )
        if isinstance(decoder.network, AutoregressiveNetwork):
            raise UserError(
                "model.regulariser: the mean of an autoregressive decoder is not a function of the"
                " code alone, so its gradient is no penalty: use network=conv, or model=rae"
            )
        self.probes = probes
        _warm_up()

    def terms(self, z: Tensor) -> Terms:
        """Return the penalty, (B,), at codes z (B, *latent)."""
        directions = self._directions(z)
        passes = vmap(lambda v: self._slope(z, v), randomness="same")
        squares = passes(directions).sum(0)
        return {"gradient_penalty": squares / (self.probes or 1)}

    def _directions(self, z: Tensor) -> Tensor:
        """Return vectors (n, B, *latent) to multiply J with."""
        if self.probes is not None:
            return torch.randint(2, (self.probes, *z.shape), device=z.device).to(z.dtype) * 2 - 1
        size = z[0].numel()
        unit = torch.eye(size, dtype=z.dtype, device=z.device).reshape(size, 1, *z.shape[1:])
        return unit.expand(size, *z.shape)

    def _slope(self, z: Tensor, v: Tensor) -> Tensor:
        """Return |J v|², (B,)."""
        # the fused kernels of attention have no derivative forwards
        with sdpa_kernel(SDPBackend.MATH):
            slope = jvp(lambda code: self.decoder(code).mean, (z,), (v,))[1]
        assert isinstance(slope, Tensor)
        return full_precision(slope).flatten(1).square().sum(1)


def _warm_up() -> None:
    """Differentiate forwards once: torch then loads rules of its own that it warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        jvp(torch.sin, (torch.zeros(()),), (torch.ones(()),))
