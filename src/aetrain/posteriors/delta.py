"""The point-mass posterior of a plain autoencoder."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.delta import Delta as DeltaDistribution
from aetrain.errors import UserError, choice
from aetrain.families import Family, full_precision
from aetrain.networks.activation import SLOPES, activation_named
from aetrain.sparsity.sparsity import Sparsity


@final
class Delta(Family):
    """z = s(f(x)) with certainty: the code of a plain autoencoder.

    Arguments:
        event: shape of one code.
        activation: name of s, see `aetrain.networks.activation`.
        sparsity: makes the code in the activation's place, where there is one.

    Raises:
        UserError: where the activation is not known, or the sparsity has one already.
    """

    has_density = False
    point = True

    def __init__(
        self,
        event: Sequence[int],
        *,
        activation: str = "identity",
        sparsity: Sparsity | None = None,
    ) -> None:
        super().__init__(event)
        named = activation_named(activation, "posterior.activation")()
        if sparsity is not None and activation != "identity":
            raise UserError(
                f"posterior.activation={activation}: sparsity={choice(sparsity)} makes the code in"
                " its own way: use posterior.activation=identity, or sparsity=none"
            )
        self.code = named if sparsity is None else sparsity
        self.activation = activation if sparsity is None else sparsity.elementwise

    @property
    def parameter_shape(self) -> torch.Size:
        """The code itself, before its activation."""
        return self.event

    @property
    def slope(self) -> Callable[[Tensor], Tensor] | None:
        """The activation's derivative from the code, (..., *event); None where that is not known.

        None also where a value of the code depends on others than its own of f(x).
        """
        return None if self.activation is None else SLOPES.get(self.activation)

    def forward(self, raw: Tensor) -> DeltaDistribution:
        """Return the point mass at s(raw), for raw (..., *event)."""
        return DeltaDistribution(self.code(full_precision(raw)), len(self.event))
