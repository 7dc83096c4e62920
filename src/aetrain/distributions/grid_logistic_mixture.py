"""Images on a grid, each pixel a mixture of logistics whose channels depend on one another."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution

from aetrain.distributions.grid_logistic import draw, log_mass, mean


@final
class GridLogisticMixture(Distribution):
    """Π over places of Σₖ πₖ Π_c P(x_c; μ_ck + Σ_{j<c} a_cjk (2 x_j − 1), s_ck), P of GridLogistic.

    All channels of a place share its component; within one, a later channel's location moves with
    the values of the earlier ones.

    Arguments:
        logits: of π, (*batch, K, *places).
        loc: μ, (*batch, C, K, *places), in units of half the range.
        scale: s, of the same shape.
        coefficients: a, (*batch, C(C−1)/2, K, *places), in the order (1,0), (2,0), (2,1), ...
        levels: number of values.
        event: (C, *places), or (*places) for events without channels, where C = 1.
        place_dims: number of dimensions of the places.
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(
        self,
        logits: Tensor,
        loc: Tensor,
        scale: Tensor,
        coefficients: Tensor,
        levels: int,
        event: torch.Size,
        place_dims: int,
    ) -> None:
        self.logits, self.loc, self.scale = logits, loc, scale
        self.coefficients, self.levels = coefficients, levels
        # axes from the end; where there is no component axis, the channels are at its place
        self.component, self.channel = -place_dims - 1, -place_dims - 2
        self.flat = len(event) == place_dims
        super().__init__(logits.shape[: self.component], event, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(x), of the batch's shape."""
        x = (value.unsqueeze(self.component) if self.flat else value).unsqueeze(self.component)
        masses = log_mass(x, self._located(2 * x - 1), self.scale, self.levels).sum(self.channel)
        places = (masses + self.logits.log_softmax(self.component)).logsumexp(self.component)
        return places.flatten(self.component + 1).sum(-1)

    @property
    def mean(self) -> Tensor:
        """Each channel's mean, given that the earlier ones of its component are at their means.

        For one channel this is E x; for the others it is exact as far as no mass lies at an end.
        """
        means = self._in_order(
            (self.loc, self.scale, self.coefficients),
            self.channel,
            lambda loc, scale: mean(loc, scale, self.levels),
        )
        weights = self.logits.softmax(self.component).unsqueeze(self.channel)
        return self._event((weights * means).sum(self.component))

    @torch.no_grad()
    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event): a component, then channel after channel."""
        choices = Categorical(logits=self.logits.movedim(self.component, -1), validate_args=False)
        chosen = choices.sample(torch.Size(sample_shape)).unsqueeze(self.component)
        chosen = chosen.unsqueeze(self.channel)

        def pick(x: Tensor) -> Tensor:
            x = x.expand(*sample_shape, *x.shape)
            shape = [*x.shape]
            shape[self.component] = 1
            return x.gather(self.component, chosen.expand(shape)).squeeze(self.component)

        parts = (pick(self.loc), pick(self.scale), pick(self.coefficients))
        return self._event(
            self._in_order(parts, self.component, lambda loc, scale: draw(loc, scale, self.levels))
        )

    def _event(self, x: Tensor) -> Tensor:
        return x.squeeze(self.component) if self.flat else x

    def _located(self, u: Tensor) -> Tensor:
        """Return the locations of all channels, given the values u (..., C, 1, *places)."""
        channels = self.loc.shape[self.channel]
        if channels == 1:
            return self.loc
        locs = [self.loc.select(self.channel, 0)]
        for c in range(1, channels):
            moved = _moved(self.coefficients, u, c, self.channel)
            locs.append(self.loc.select(self.channel, c) + moved)
        return torch.stack(torch.broadcast_tensors(*locs), self.channel)

    def _in_order(
        self,
        parts: tuple[Tensor, Tensor, Tensor],
        axis: int,
        value: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        """Return values of all channels, each computed with those before it; `axis` is theirs."""
        loc, scale, coefficients = parts
        xs: list[Tensor] = []
        for c in range(loc.shape[axis]):
            at = loc.select(axis, c)
            if c:
                at = at + _moved(coefficients, 2 * torch.stack(xs, axis) - 1, c, axis)
            xs.append(value(at, scale.select(axis, c)))
        return torch.stack(xs, axis)


def _moved(coefficients: Tensor, u: Tensor, c: int, axis: int) -> Tensor:
    """Return Σ_{j<c} a_cj u_j over the channels, which lie along `axis`."""
    own = coefficients.narrow(axis, c * (c - 1) // 2, c)
    return (own * u.narrow(axis, 0, c)).sum(axis)
