"""An autoencoder that marks what it is shown by how well it reconstructs it."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Conditional, Network
from aetrain.families import Family

Errors = Callable[[Tensor], Tensor]
"""x − r(x), (B, *event) -> what each value costs, of the same shape."""


@final
class Energy(nn.Module):
    """−E(x) = −Σᵢ e(xᵢ − rᵢ(x)), with r(x) the mean of p(x|z) at the code z of x.

    Arguments:
        encoder: makes the map from x to its code.
        decoder: from the encoder to what makes the decoder's network.
        likelihood: p(x|z); its scale is not used.
        given: the shape of x.
        out: (1,).
        code: dimensions of the code.
        errors: e.
    """

    def __init__(
        self,
        encoder: Network,
        decoder: Callable[[nn.Module], Network],
        likelihood: Family,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        code: int,
        errors: Errors = torch.square,
    ) -> None:
        super().__init__()
        shape = torch.Size((code,))
        self.encoder = encoder(given, shape)
        likelihood.requires_grad_(False)
        self.decoder = Conditional(decoder(self.encoder), likelihood, [shape])
        self.errors, self.out = errors, torch.Size(out)

    def code(self, x: Tensor) -> Tensor:
        """Return the code of x, (B, code)."""
        return self.encoder(x)

    def forward(self, x: Tensor) -> Tensor:
        """Return −E(x), (B, 1), for x (B, *event)."""
        errors = self.errors(x - self.decoder(self.code(x)).mean)
        return -errors.flatten(1).sum(1, keepdim=True)
