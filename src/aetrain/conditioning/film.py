"""A condition that scales and shifts features."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.conditioning.conditioning import Conditioning
from aetrain.conditioning.modulated_network import modulated


@final
class Modulation(nn.Module):
    """(1 + γ(c)) ∘ h + β(c), with γ and β affine.

    Arguments:
        features: C, of h.
        shape: of c.
    """

    def __init__(self, features: int, shape: torch.Size) -> None:
        super().__init__()
        self.scale_and_shift = nn.Linear(shape.numel(), 2 * features)

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        """Map h (N, places, C), c (N, *shape) to (N, places, C)."""
        scale, shift = self.scale_and_shift(c.flatten(1)).unsqueeze(1).chunk(2, -1)
        return torch.addcmul(h + shift, scale, h)


@final
class Film(Conditioning):
    """Feature-wise linear modulation: each hidden layer's features are scaled and shifted by c.

    References:
        Perez, Strub, de Vries, Dumoulin, Courville: FiLM: visual reasoning with a general
        conditioning layer. 2018. https://arxiv.org/abs/1709.07871
    """

    def make(self, network: Network, given: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        """Return a network whose hidden layers are modulated."""
        return modulated(network, given, out, self.condition, Modulation, "film")
