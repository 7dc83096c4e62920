"""A decoder that changes slowly with the code."""

from typing import final

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser

AT_ONCE = 64
"""Rows of the Jacobian that are held at a time."""


@final
class GradientPenalty(Regulariser):
    """`gradient_penalty` = |∂μ/∂z|², the squared Frobenius norm of the Jacobian of the mean μ(z).

    With J = ∂μ/∂z, |J|² is the mean of |Jᵀ r|² over probes r of independent ±1 in the space of x
    (Hutchinson), each a pass backwards; or, exactly, the sum of |Jᵀ eᵢ|² over all values i of x. A
    VAE with posteriors N(z, σ² I) pays about ½ σ² |J|² more than its reconstructions at the means,
    under a Gaussian likelihood of scale 1: this is that cost without the noise.

    Passes forwards would be fewer, but torch's derivative of theirs is silently wrong through a
    layer norm (2.14).

    Arguments:
        encoder: left alone, but for the codes' gradient.
        decoder: p(x|z).
        probes: how many; None for all values of x, exactly, where they are few.

    Raises:
        UserError: where there are fewer probes than 1, or the decoder is autoregressive.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders
        (RAE-GP). 2020. https://arxiv.org/abs/1903.12436
        Hutchinson: A stochastic estimator of the trace of the influence matrix for Laplacian
        smoothing splines. 1990. https://doi.org/10.1080/03610919008812866
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
        trained = torch.is_grad_enabled()
        z = inference.z[0]
        # of attention's kernels only the plain one has two derivatives
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            z = z if z.requires_grad else z.detach().requires_grad_()
            mean = self.decoder(z).mean
            parts = [self._squares(mean, z, r, trained) for r in self._probes(mean).split(AT_ONCE)]
        return {"gradient_penalty": torch.stack(parts).sum(0) / (self.probes or 1)}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return none."""
        return {}

    def _probes(self, mean: Tensor) -> Tensor:
        """Return what to multiply Jᵀ with, (n, B, *event)."""
        if self.probes is not None:
            signs = torch.randint(2, (self.probes, *mean.shape), device=mean.device)
            return signs.to(mean.dtype) * 2 - 1
        size = mean[0].numel()
        rows = torch.eye(size, dtype=mean.dtype, device=mean.device)
        return rows.reshape(size, 1, *mean.shape[1:]).expand(size, *mean.shape)

    @staticmethod
    def _squares(mean: Tensor, z: Tensor, probes: Tensor, trained: bool) -> Tensor:
        """Return Σ |Jᵀ r|² over the probes (n, B, *event), (B,)."""
        batched = len(probes) > 1
        given = probes if batched else probes[0]
        (rows,) = torch.autograd.grad(
            mean, z, given, create_graph=trained, retain_graph=True, is_grads_batched=batched
        )
        squares = full_precision(rows).reshape(len(probes), len(z), -1).square()
        return squares.sum((0, 2))
