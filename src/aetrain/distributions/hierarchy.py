"""Layers of latents, each drawn given those above it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

State = Any
"""What a hierarchy carries down from layer to layer: it alone knows what this is."""


class Hierarchy(nn.Module, ABC):
    """What p(z) = Π p(zₗ | z above) and q(z|x) = Π q(zₗ | z above, x) share: the way down.

    Layers are counted from the top, 0 first, as they are drawn. A state or latent is a tensor (or
    whatever a state is) of one leading dimension N, to which samples and examples are folded. For
    each layer the methods are called in the order `prior`, `posterior` (where x is known), `below`.
    """

    shapes: Sequence[torch.Size]
    """The shape of each layer's latent, from the top."""

    @property
    def event(self) -> torch.Size:
        """The shape (D,) of all latents as one vector."""
        return torch.Size((sum(math.prod(shape) for shape in self.shapes),))

    @abstractmethod
    def begin(self, n: int) -> State:
        """Return what the top layer is given, for N = n."""

    @abstractmethod
    def prior(self, layer: int, state: State) -> tuple[Distribution, State]:
        """Return p(zₗ | z above), batch shape (N,) or (), and the state with what it computed."""

    @abstractmethod
    def posterior(
        self, layer: int, state: State, prior: Distribution, evidence: Sequence[Tensor]
    ) -> Distribution:
        """Return q(zₗ | z above, x), batch shape (N,).

        Arguments:
            layer: counted from the top.
            state: as `prior` returned it.
            prior: p(zₗ | z above), for a product of both or a posterior relative to it.
            evidence: what came up from x, (N, ...) each; the same for all layers.
        """

    @abstractmethod
    def below(self, layer: int, state: State, z: Tensor) -> State:
        """Return what the next layer is given, or p(x|z) after the last, for zₗ (N, *shape)."""


class Descent(NamedTuple):
    """One way down, all folded to N; lists are from the top.

    Attributes:
        latents: zₗ, (N, *shape).
        priors: p(zₗ | z above).
        posteriors: q(zₗ | z above, x); empty where no x was given.
        state: what p(x|z) is computed from.
    """

    latents: list[Tensor]
    priors: list[Distribution]
    posteriors: list[Distribution]
    state: State


def descend(
    hierarchy: Hierarchy,
    n: int,
    choose: Callable[[int, Distribution], Tensor],
    evidence: Sequence[Tensor] | None = None,
) -> Descent:
    """Return the way down on which each layer's latent is chosen.

    Arguments:
        hierarchy: the layers.
        n: N.
        choose: (layer, q(zₗ | z above, x), or p(zₗ | z above) without evidence) -> zₗ.
        evidence: what came up from x, (N, ...) each.
    """
    state = hierarchy.begin(n)
    latents, priors, posteriors = [], [], []
    for layer in range(len(hierarchy.shapes)):
        source, state = hierarchy.prior(layer, state)
        priors.append(source)
        if evidence is not None:
            source = hierarchy.posterior(layer, state, source, evidence)
            posteriors.append(source)
        latents.append(choose(layer, source))
        state = hierarchy.below(layer, state, latents[-1])
    return Descent(latents, priors, posteriors, state)


def descend_through(
    hierarchy: Hierarchy, z: Tensor, evidence: Sequence[Tensor] | None = None
) -> Descent:
    """Return the way down through given latents z (N, D), for evidence (N, ...) each."""
    parts = divided(z, hierarchy.shapes)
    return descend(hierarchy, z.shape[0], lambda layer, _: parts[layer], evidence)


def divided(z: Tensor, shapes: Sequence[torch.Size]) -> list[Tensor]:
    """Return the layers' latents (N, *shape) of vectors z (N, D)."""
    parts = z.split([math.prod(shape) for shape in shapes], 1)
    return [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Return vectors (N, D) of tensors (N, *shape), one for each layer."""
    flat = [part.flatten(1) for part in parts]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
