"""A network of an example and a code together."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.errors import UserError
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths


@final
class Joint(nn.Module):
    """A perceptron of f(x) and of all else that is given, f a network that may be for images only.

    Arguments:
        network: makes f.
        given: shapes of the inputs.
        out: shape of the output.
        features: numbers f(x).
        hidden: widths of the perceptron's layers.
        place: of x among the inputs, from 0.

    Raises:
        UserError: where a number is below 1.
    """

    def __init__(
        self,
        network: Network,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        features: int = 128,
        hidden: Sequence[int] = (256, 256),
        place: int = 0,
    ) -> None:
        super().__init__()
        if features < 1:
            raise UserError(f"model.features={features}: must be at least 1, such as 128")
        require_widths(hidden)
        self.place = place
        others = [shape for number, shape in enumerate(given) if number != place]
        width = torch.Size((features,))
        self.body = network([given[place]], width)
        self.head = MLP([width, *others], out, hidden=hidden, activation="leaky_relu")

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        others = [x for number, x in enumerate(given) if number != self.place]
        f = nn.functional.leaky_relu(self.body(given[self.place]), 0.2)
        return self.head(f, *others)
