"""A network as the merge."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.layers.merge import Merge
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian


@final
class Concatenate(Merge):
    """q(zₗ | z above, x) = N of (μ̂, log σ̂) + f(features up, features down).

    The sum of what came up and a correction by a network of both, which begins as zero; without
    hidden layers it is linear in what comes down, as in the inverse autoregressive flow's ResNet.

    Arguments:
        latent: D.
        up: size U of the features that came up.
        down: size W of the features that came down.
        hidden: widths of the layers of f.
        activation: name of its nonlinearity.

    References:
        Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling: Improving variational inference
        with inverse autoregressive flow. 2016. https://arxiv.org/abs/1606.04934
        Vahdat, Kautz: NVAE: a deep hierarchical variational autoencoder. 2020.
        https://arxiv.org/abs/2007.03898
    """

    def __init__(
        self,
        latent: int,
        up: int,
        down: int,
        *,
        hidden: Sequence[int] = (),
        activation: str = "leaky_relu",
    ) -> None:
        super().__init__()
        self.family = DiagonalGaussian((latent,))
        given = [torch.Size((up,)), torch.Size((down,))]
        self.network = MLP(given, self.family.parameter_shape, hidden=hidden, activation=activation)
        last: Any = self.network.layers[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(
        self, raw: Tensor, up: Tensor, down: Tensor, prior: DiagonalNormal
    ) -> DiagonalNormal:
        """Return q(zₗ | z above, x), batch shape (N,); see `Merge`."""
        return self.family(raw + self.network(up, down))
