"""A posterior moved by Hamiltonian dynamics."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.own_rate import OwnRate
from aetrain.dynamics.leapfrog import Force, leapfrog
from aetrain.errors import UserError
from aetrain.objectives.rate import rate


@final
class HamiltonianFlow(OwnRate):
    """Draws z_K of K leapfrog steps from z₀ ~ base and a momentum ρ₀ = γ / Π α, γ ~ N(0, I).

    The steps change volume by Π αᴰ, and that takes back what the wider ρ₀ has less of density than
    γ. So for the pair (z_K, ρ_K), whose prior is p(z) N(ρ; 0, I),

        log q(z_K, ρ_K) − log N(ρ_K; 0, I) = log base(z₀) + ½ |ρ_K|² − ½ |γ|²

    takes the place of log q(z) in every bound on log p(x), of one sample or of several. `log_prob`
    is this number; it depends on the momentum, so it is known for the tensor drawn last alone.

    Arguments:
        base: q(z₀|x), batch shape (*batch,), event shape (D,).
        force: F(z) = ∇ log p(x, z), (*samples, *batch, D).
        step: ε, (D,).
        log_scales: log α of each step, (K,).

    References:
        Caterini, Doucet, Sejdinovic: Hamiltonian variational auto-encoder. 2018.
        https://arxiv.org/abs/1805.11328
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(
        self, base: Distribution, force: Force, step: Tensor | float, log_scales: Tensor
    ) -> None:
        self.base, self.force, self.step = base, force, step
        self.log_scales = log_scales
        self._drawn: tuple[Tensor, Tensor, Tensor] | None = None
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """Where the base's mean is moved to without a push, (*batch, D)."""
        start = self.base.mean
        return self._moved(start, torch.zeros_like(start))[0]

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws z_K, (*sample_shape, *batch, D)."""
        start = self.base.rsample(torch.Size(sample_shape))
        noise = torch.randn_like(start)
        z, momentum = self._moved(start, noise * (-self.log_scales.sum()).exp())
        self._drawn = (z, start, 0.5 * (momentum.square() - noise.square()).sum(-1))
        return z

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log base(z₀) + ½ |ρ_K|² − ½ |γ|², (..., *batch), of the last draw z_K.

        Raises:
            UserError: for any other tensor.
        """
        start, gain = self._way(value)
        return self.base.log_prob(start) + gain

    def rate(self, z: Tensor, prior: Distribution) -> Tensor:
        """Return KL(q(z_K, ρ_K) ‖ p(z) N(ρ; 0, I)), (B,), from draws z (S, B, D).

        It is KL(base ‖ p) + E[log p(z₀) − log p(z_K) + ½ |ρ_K|² − ½ |γ|²]. The expectation is not
        below 0, the estimate for one example may be.
        """
        start, gain = self._way(z)
        moved = prior.log_prob(start) - prior.log_prob(z) + gain
        return rate(self.base, start, prior) + moved.mean(0)

    def rates(self, z: Tensor, prior: Distribution) -> None:
        """Return None: the dynamics mix the dimensions."""

    def _moved(self, start: Tensor, momentum: Tensor) -> tuple[Tensor, Tensor]:
        return leapfrog(start, momentum, self.force, self.step, self.log_scales.exp().unbind())

    def _way(self, value: Tensor) -> tuple[Tensor, Tensor]:
        """Return z₀ (..., *batch, D) and ½ |ρ_K|² − ½ |γ|², (..., *batch)."""
        if self._drawn is None or value is not self._drawn[0]:
            raise UserError(
                "the posterior of model=hamiltonian_vae knows the density of its last draw alone:"
                " use objective=elbo"
            )
        return self._drawn[1:]
