"""Layers of Gaussian latents, joined by perceptrons."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.distributions.hierarchy import Hierarchy, State
from aetrain.layers.merge import MergeMaker
from aetrain.networks.activation import activation_named
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.prior import Prior


@final
class GaussianLayers(Hierarchy):
    """p(z) = p(z_L) Π p(zₗ | zₗ₊₁) and q(z|x) = q(z_L | x) Π q(zₗ | zₗ₊₁, x).

    All but p(z_L) are diagonal Gaussians. What comes down is zₗ₊₁ and then the features that the
    mean and log scale of p(zₗ | zₗ₊₁) are a linear map of. Evidence is what `Ascent.every` gives.

    Arguments:
        prior: p(z_L).
        latents: sizes of the layers, from the data upwards.
        widths: sizes of the features between two layers, from the data upwards.
        merge: makes the merge of each layer below the top.
        depth: hidden layers between two layers, the features included.
        activation: name of their nonlinearity.
    """

    def __init__(
        self,
        prior: Prior,
        latents: Sequence[int],
        widths: Sequence[int],
        merge: MergeMaker,
        *,
        depth: int = 2,
        activation: str = "leaky_relu",
    ) -> None:
        super().__init__()
        self.shapes = [torch.Size((d,)) for d in reversed(latents)]
        self.top = prior
        self.families = nn.ModuleList(DiagonalGaussian(shape) for shape in self.shapes)
        nonlinearity = activation_named(activation, "model.activation")
        # of each layer below the top, from the top
        steps = list(zip(latents[1:], widths, latents[:-1], strict=True))[::-1]
        self.features = nn.ModuleList(
            nn.Sequential(
                MLP(
                    [torch.Size((d,))],
                    torch.Size((w,)),
                    hidden=[w] * (depth - 1),
                    activation=activation,
                ),
                nn.LayerNorm(w),
                nonlinearity(),
            )
            for d, w, _ in steps
        )
        self.heads = nn.ModuleList(
            MLP([torch.Size((w,))], torch.Size((2, d)), hidden=()) for _, w, d in steps
        )
        self.merges = nn.ModuleList(merge(d, w, w) for _, w, d in steps)

    def begin(self, n: int) -> State:
        """Return None: nothing is above the top."""
        return None

    def prior(self, layer: int, state: State) -> tuple[Distribution, State]:
        """Return p(zₗ | zₗ₊₁), and the features (N, W) that it was computed from."""
        if layer == 0:
            return self.top(), None
        features = self.features[layer - 1](state)
        return self.families[layer](self.heads[layer - 1](features)), features

    def posterior(
        self, layer: int, state: State, prior: Distribution, evidence: Sequence[Tensor]
    ) -> Distribution:
        """Return q(zₗ | zₗ₊₁, x), which at the top is q(z_L | x)."""
        if layer == 0:
            return self.families[0](evidence[-1])
        raw, up = evidence[-2 * layer - 1], evidence[-2 * layer]
        return self.merges[layer - 1](raw, up, state, prior)

    def below(self, layer: int, state: State, z: Tensor) -> State:
        """Return zₗ."""
        return z
