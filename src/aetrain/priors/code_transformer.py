"""A prior over the indices of codes."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from aetrain.distributions.token_sequence import TokenSequence
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.causal_transformer import CausalTransformer
from aetrain.priors.prior import Prior

SMALL = 0.02
"""Standard deviation with which embeddings begin."""
UNIFORM = 1e-3
"""The same of the last layer: all codes begin as good as equally likely, p(i) ≈ K^−T."""


@final
class CodeTransformer(Prior):
    """p(i) = Π p(iₜ | i₁ ... iₜ₋₁) by a causal transformer over the T indices of an example.

    The indices of a map stand row by row, those of one place one after another, from the coarsest
    level on. A token is the index before it and its own coordinates, each a learned vector; indices
    of different levels have different vectors and a last layer each.

    Arguments:
        event: shape of one example's indices, (*places, L), such as (H, W, L).
        codes: K, values of an index.
        width: numbers of one token.
        heads: heads of the attention, which divide the width.
        depth: blocks of attention.

    Raises:
        UserError: where a number is below 1, or the heads do not divide the width.

    References:
        van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning. 2017 (3.3).
        https://arxiv.org/abs/1711.00937
        Esser, Rombach, Ommer: Taming transformers for high-resolution image synthesis. 2021.
        https://arxiv.org/abs/2012.09841
    """

    starts: Tensor
    coordinates: Tensor

    def __init__(
        self,
        event: Sequence[int],
        codes: int,
        *,
        width: int = 128,
        heads: int = 4,
        depth: int = 3,
    ) -> None:
        super().__init__(event)
        for name, number in {"width": width, "heads": heads, "depth": depth}.items():
            if number < 1:
                raise UserError(f"model.code_prior.{name}={number}: must be at least 1")
        if width % heads:
            raise UserError(
                f"model.code_prior.heads={heads}: must divide model.code_prior.width={width}"
            )
        levels = self.event[-1]
        self.codes, self.levels = codes, levels
        self.first = nn.Parameter(SMALL * torch.randn(width))
        self.embedding = nn.Parameter(SMALL * torch.randn(levels * codes, width))
        self.axes = nn.ParameterList(SMALL * torch.randn(n, width) for n in self.event if n > 1)
        self.trunk = CausalTransformer(width, heads, depth)
        self.weight = nn.Parameter(UNIFORM * torch.randn(levels, width, codes))
        self.bias = nn.Parameter(torch.zeros(levels, codes))
        grid = torch.cartesian_prod(*(torch.arange(n) for n in self.event)).view(-1, len(event))
        coordinates = grid[:, torch.tensor(self.event) > 1]
        self.register_buffer("coordinates", coordinates, persistent=False)
        self.register_buffer("starts", grid[:, -1] * codes, persistent=False)

    def forward(self) -> TokenSequence:
        """Return p(i), batch shape ()."""
        return TokenSequence(self.logits, self.draw, self.event)

    def logits(self, indices: Tensor) -> Tensor:
        """Return the logits (N, T, K) of each index from those before it, of indices (N, T)."""
        embedded = self.embedding[indices[:, :-1] + self.starts[:-1]]
        first = self.first.expand(len(indices), 1, -1)
        tokens = self.trunk(torch.cat([first, embedded], 1) + self._places())[0]
        by_level = tokens.unflatten(1, (-1, self.levels)).transpose(1, 2)  # (N, L, places, width)
        logits = by_level @ self.weight + self.bias.unsqueeze(1)
        return logits.transpose(1, 2).flatten(1, 2)

    @torch.no_grad()
    def draw(self, n: int) -> Tensor:
        """Return draws (N, T), index by index; what was computed for those before is kept."""
        token, before, drawn = self.first.expand(n, 1, -1), None, []
        for t, place in enumerate(self._places()):
            seen, before = self.trunk(token + place, before)
            level = t % self.levels
            logits = seen.squeeze(1) @ self.weight[level] + self.bias[level]
            drawn.append(Categorical(logits=full_precision(logits)).sample())
            token = self.embedding[drawn[-1] + self.starts[t]].unsqueeze(1)
        return torch.stack(drawn, 1)

    def _places(self) -> Tensor:
        """Return the sum of the vectors of each token's coordinates, (T, width)."""
        places = self.first.new_zeros(len(self.starts), len(self.first))
        for axis, coordinate in zip(self.axes, self.coordinates.unbind(1), strict=True):
            places = places + axis[coordinate]
        return places
