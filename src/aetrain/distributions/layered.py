"""The joint distributions of several layers of latents, as one vector."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aetrain.distributions.hierarchy import (
    Descent,
    Hierarchy,
    descend,
    descend_through,
    joined,
)
from aetrain.distributions.own_rate import OwnRate, closed_form


@final
class LayeredPosterior(OwnRate):
    """q(z|x) = Π q(zₗ | z above, x) over vectors of all layers' latents, top first.

    The way down of the very tensor that was drawn last is remembered, so that its density, its
    rate, its density under the prior and p(x|z) cost nothing more; other vectors go down again.

    Arguments:
        hierarchy: the layers.
        evidence: what came up from x, (B, ...) each.
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, hierarchy: Hierarchy, evidence: Sequence[Tensor]) -> None:
        self.hierarchy, self.evidence = hierarchy, evidence
        self._drawn: tuple[Tensor, Descent, bool] | None = None
        super().__init__(evidence[0].shape[:1], hierarchy.event, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The vector of each layer's mean given the means above it, (B, D)."""
        (n,) = self.batch_shape
        down = descend(self.hierarchy, n, lambda _, source: source.mean, self.evidence)
        return joined(down.latents)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, B, D)."""
        batch = torch.Size((*sample_shape, *self.batch_shape))
        down = descend(
            self.hierarchy, batch.numel(), lambda _, source: source.rsample(), self._folded(batch)
        )
        z = joined(down.latents).reshape(*batch, -1)
        self._drawn = (z, down, torch.is_grad_enabled())
        return z

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def recall(self, z: Tensor) -> Descent | None:
        """Return the way down on which z was drawn, or None where it was not drawn last."""
        if self._drawn is not None:
            drawn, down, differentiable = self._drawn
            # what was computed without a graph is of no use to who wants a gradient
            if z is drawn and (differentiable or not torch.is_grad_enabled()):
                return down
        return None

    def down(self, z: Tensor) -> Descent:
        """Return the way down through z (*batch, D), folded to N, where batch ends with B."""
        if (drawn := self.recall(z)) is not None:
            return drawn
        batch = torch.broadcast_shapes(z.shape[:-1], self.batch_shape)
        z = z.expand(*batch, -1).reshape(batch.numel(), -1)
        return descend_through(self.hierarchy, z, self._folded(batch))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ log q(zₗ | z above, x), (..., B), for z (..., B, D)."""
        batch = torch.broadcast_shapes(value.shape[:-1], self.batch_shape)
        down = self.down(value)
        return _total(down.posteriors, down.latents).reshape(batch)

    def rate(self, z: Tensor, prior: Distribution) -> Tensor:
        """Return Σ E[KL(q(zₗ | z above, x) ‖ p(zₗ | z above))], (B,), over draws z (S, B, D).

        Each KL is exact given the layers above, where torch knows it. Another prior than the
        hierarchy's own is compared by the difference of log densities.
        """
        if not self._owns(prior):
            return (self.log_prob(z) - prior.log_prob(z)).mean(0)
        return torch.stack(self.layer_rates(z)).sum(0)

    def rates(self, z: Tensor, prior: Distribution) -> Tensor | None:
        """Return the part of each dimension, (B, D); None where a layer's does not divide so."""
        if not self._owns(prior):
            return None
        down, parts = self.down(z), []
        for q, p in zip(down.posteriors, down.priors, strict=True):
            if not (isinstance(q, Independent) and isinstance(p, Independent)):
                return None
            if (exact := closed_form(q.base_dist, p.base_dist)) is None:
                return None
            parts.append(exact)
        return self._mean(joined(parts))

    def layer_rates(self, z: Tensor) -> list[Tensor]:
        """Return the rate of each layer, (B,), from the top, over draws z (S, B, D)."""
        down, found = self.down(z), []
        for q, p, latent in zip(down.posteriors, down.priors, down.latents, strict=True):
            exact = closed_form(q, p)
            found.append(q.log_prob(latent) - p.log_prob(latent) if exact is None else exact)
        return [self._mean(rate) for rate in found]

    def _owns(self, prior: Distribution) -> bool:
        return isinstance(prior, LayeredPrior) and prior.hierarchy is self.hierarchy

    def _folded(self, batch: torch.Size) -> list[Tensor]:
        """Return the evidence for vectors of a batch shape (..., B), folded to one dimension."""
        if batch == self.batch_shape:
            return list(self.evidence)
        return [e.expand(*batch, *e.shape[1:]).reshape(-1, *e.shape[1:]) for e in self.evidence]

    def _mean(self, costs: Tensor) -> Tensor:
        """Return the mean (B, ...) over samples of costs (N, ...)."""
        costs = costs.reshape(-1, *self.batch_shape, *costs.shape[1:])
        return costs.squeeze(0) if len(costs) == 1 else costs.mean(0)


@final
class LayeredPrior(Distribution):
    """p(z) = Π p(zₗ | z above) over vectors of all layers' latents, top first, batch shape ().

    Arguments:
        hierarchy: the layers.
        posterior: one whose last draw is going to be scored: its way down is not gone twice.
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, hierarchy: Hierarchy, posterior: LayeredPosterior | None = None) -> None:
        self.hierarchy, self.posterior = hierarchy, posterior
        super().__init__(torch.Size(), hierarchy.event, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D), differentiable where those of each layer are."""
        shape = torch.Size(sample_shape)
        n = shape.numel()
        down = descend(self.hierarchy, n, lambda _, source: source.rsample(_missing(source, n)))
        return joined(down.latents).reshape(*shape, -1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D) without a gradient."""
        shape = torch.Size(sample_shape)
        n = shape.numel()
        with torch.no_grad():
            down = descend(self.hierarchy, n, lambda _, source: source.sample(_missing(source, n)))
        return joined(down.latents).reshape(*shape, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return Σ log p(zₗ | z above), (...,), for z (..., D)."""
        down = None if self.posterior is None else self.posterior.recall(value)
        if down is None:
            down = descend_through(self.hierarchy, value.reshape(-1, value.shape[-1]))
        return _total(down.priors, down.latents).reshape(value.shape[:-1])


def _missing(source: Distribution, n: int) -> torch.Size:
    """Return the sample shape with which a distribution of batch shape (N,) or () draws N."""
    return torch.Size() if source.batch_shape else torch.Size((n,))


def _total(sources: Sequence[Distribution], latents: Sequence[Tensor]) -> Tensor:
    densities = [source.log_prob(z) for source, z in zip(sources, latents, strict=True)]
    return densities[0] if len(densities) == 1 else torch.stack(densities).sum(0)
