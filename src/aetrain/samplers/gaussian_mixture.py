"""A mixture of Gaussians fitted to codes."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily

from aetrain.distributions.full_normal import FullNormal
from aetrain.errors import UserError
from aetrain.expectation_maximisation import expectation_maximisation
from aetrain.samplers.sampler import ROWS, Sampler, require_room


@final
class GaussianMixture(Sampler):
    """p(z) = Σₖ πₖ N(z; μₖ, Lₖ Lₖᵀ), by scikit-learn's expectation maximisation from k-means.

    Arguments:
        event: shape of one code.
        components: K.
        iterations: steps of expectation maximisation, at most.
        floor: added to each covariance's diagonal, so that none becomes singular.
        codes: at most this many training codes are used.

    Raises:
        UserError: where a number is out of its range, or K covariances of D x D would fill the
            memory.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders.
        2020. https://arxiv.org/abs/1903.12436
    """

    logits: Tensor
    loc: Tensor
    factor: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        components: int = 10,
        iterations: int = 1000,
        floor: float = 1e-6,
        codes: int = 100_000,
    ) -> None:
        super().__init__(event, codes=codes)
        for name, value in {"components": components, "iterations": iterations}.items():
            if value < 1:
                raise UserError(f"sampler.{name}={value}: must be at least 1")
        if not floor > 0:
            raise UserError(f"sampler.floor={floor}: must be above 0, such as 1e-6")
        k, d = components, self.size
        require_room(
            k * d * d,
            f"sampler=gaussian_mixture: {k} covariances of {d} x {d}",
            "use sampler=flow, or fewer sampler.components",
        )
        self.components, self.iterations, self.floor = components, iterations, floor
        self.register_buffer("logits", torch.zeros(k))
        self.register_buffer("loc", torch.zeros(k, d))
        self.register_buffer("factor", torch.eye(d).repeat(k, 1, 1))

    @property
    def least(self) -> int:
        """One code for each component, and two in all."""
        return max(2, self.components)

    def learn(self, codes: Tensor) -> None:
        """Fit the mixture, in float64 on the CPU."""
        weights, loc, covariance = expectation_maximisation(
            codes, self.components, "full", floor=self.floor, iterations=self.iterations
        )
        # rounded on the CPU: Apple's GPUs have no float64
        dtype = self.loc.dtype
        self.logits.copy_(weights.log().to(dtype))
        self.loc.copy_(loc.to(dtype))
        self.factor.copy_(torch.linalg.cholesky(covariance).to(dtype))

    def density(self) -> MixtureSameFamily:
        """Return the mixture; N(0, I) before it is fitted."""
        log_diagonal = self.factor.diagonal(dim1=-2, dim2=-1).log()
        parts = FullNormal(self.loc, self.factor, log_diagonal)
        weights = Categorical(logits=self.logits, validate_args=False)
        return MixtureSameFamily(weights, parts, validate_args=False)

    def score(self, codes: Tensor) -> Tensor:
        """Return log p(z), (N,), for codes (N, *event)."""
        density = self.density()
        return torch.cat([density.log_prob(part) for part in codes.flatten(1).split(ROWS)])
