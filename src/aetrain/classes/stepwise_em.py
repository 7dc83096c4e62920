"""Expectation maximisation of a Gaussian mixture, batch after batch."""

from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.world import World

TINY = 1e-12


@final
class StepwiseEM(Evolving):
    """After each batch the mixture is that of averaged statistics s ← (1 − γₜ) s + γₜ s̄.

    s̄ are the batch's means of rₖ, rₖ z and rₖ z zᵀ with the responsibilities rₖ(z) of the present
    mixture, and γₜ = (t + t₀)^−α. With a batch of all examples and γ = 1 it is plain expectation
    maximisation. s is held as weights nₖ, means and covariances without the floor: nothing is lost
    where means are large beside the spread.

    Arguments:
        logits: of the weights, (K,), which it moves, as all three.
        loc: means μₖ, (K, D).
        factor: Lₖ, (K, D, D), with Lₖ Lₖᵀ the covariance and the floor.
        floor: added to the diagonals.
        power: α; above ½ and at most 1, so that the steps forget the beginning and settle.
        delay: t₀; the higher, the less the first batches count.

    Raises:
        UserError: where a number is out of its range.

    References:
        Cappé, Moulines: On-line expectation-maximization algorithm for latent data models. 2009.
        https://arxiv.org/abs/0712.4273
    """

    weights: Tensor
    covariance: Tensor

    def __init__(
        self,
        logits: nn.Parameter,
        loc: nn.Parameter,
        factor: nn.Parameter,
        *,
        floor: float = 1e-4,
        power: float = 0.6,
        delay: float = 2.0,
    ) -> None:
        super().__init__()
        if not 0.5 < power <= 1:
            raise UserError(f"model.power={power}: must be above 0.5 and at most 1, such as 0.6")
        if not delay >= 0:
            raise UserError(f"model.delay={delay}: must be at least 0, such as 2")
        self._parts = (logits, loc, factor)  # in a tuple, as they are another module's
        self.floor, self.power, self.delay = floor, power, delay
        self.register_buffer("weights", torch.ones_like(logits.data) / len(logits))
        self.register_buffer("covariance", torch.zeros_like(factor.data))
        self._seen: tuple[Tensor, Tensor] | None = None

    @torch.no_grad()
    def begin(self) -> None:
        """Take the present mixture for the statistics so far."""
        logits, _, factor = self._parts
        self.weights.copy_(logits.softmax(0))
        own = factor.double() if _has_double(factor) else factor
        eye = torch.eye(own.shape[-1], dtype=own.dtype, device=own.device)
        self.covariance.copy_(own @ own.mT - self.floor * eye)

    def note(self, z: Tensor, responsibilities: Tensor) -> None:
        """Keep a batch z (B, D) and its responsibilities (B, K) until `after_step`, in training."""
        if self.training and torch.is_grad_enabled():
            self._seen = z.detach(), responsibilities.detach()

    @torch.no_grad()
    def after_step(self, step: int, total: int, world: World) -> None:
        """Move the mixture by the batch, of all processes."""
        if self._seen is None:
            return
        (z, r), self._seen = self._seen, None
        logits, loc, factor = self._parts
        kind = torch.float64 if _has_double(z) else z.dtype
        mean, (k, d) = loc.to(kind), loc.shape
        n, a, square = self._sums(z.to(kind), r.to(kind), mean, world)
        gamma = (step + self.delay) ** -self.power
        kept = (1 - gamma) * self.weights.to(kind)
        weights = kept + gamma * n
        # about the old means, which are therefore 0
        one = weights.clamp_min(TINY).view(k, 1)
        moved = gamma * a / one
        old = kept.view(k, 1, 1) * self.covariance.to(kind)
        covariance = (old + gamma * square) / one.unsqueeze(2) - moved.unsqueeze(
            2
        ) * moved.unsqueeze(1)
        eye = torch.eye(d, dtype=kind, device=z.device)
        self.weights.copy_(weights)
        self.covariance.copy_(covariance)
        logits.copy_(weights.clamp_min(TINY).log())
        loc.copy_(mean + moved)
        # no check, which would wait for the device
        factor.copy_(torch.linalg.cholesky_ex(covariance + self.floor * eye).L)

    def _sums(self, z: Tensor, r: Tensor, mean: Tensor, world: World) -> tuple[Tensor, ...]:
        """Return the batch's means of r, r (z − μ) and r (z − μ)(z − μ)ᵀ, of each component."""
        k, d = mean.shape
        apart = z - mean.unsqueeze(1)  # (K, B, D)
        weighted = r.T.unsqueeze(2) * apart
        square = weighted.mT @ apart
        size = torch.full((1,), len(z), dtype=z.dtype, device=z.device)
        parts = [size, r.sum(0), weighted.sum(1).flatten(), square.flatten()]
        size, n, a, square = world.sum(torch.cat(parts)).split([1, k, k * d, k * d * d])
        return n / size, (a / size).view(k, d), (square / size).view(k, d, d)


def _has_double(x: Tensor) -> bool:
    """Return whether the device has float64, which Apple's GPUs have not."""
    return x.device.type != "mps"
