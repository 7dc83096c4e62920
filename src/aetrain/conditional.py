"""A network and a family joined: a conditional distribution as a module."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.distributions.autoregressive import Autoregressive
from aetrain.errors import UserError, choice
from aetrain.families import Family
from aetrain.networks.autoregressive import AutoregressiveNetwork

Network = Callable[[Sequence[torch.Size], torch.Size], nn.Module]
"""(shapes of what is given, shape to put out) -> a module on batches of one leading dimension."""


@final
class Conditional(nn.Module):
    """p(event | given): `network` computes the parameters of `family`.

    Arguments:
        network: makes the module once the shapes are known; an `AutoregressiveNetwork` makes the
            distribution one whose values depend on those before them.
        family: the likelihood or posterior, which knows its event's shape.
        given: shapes of the conditioning variables, without batch dimensions.
    """

    def __init__(self, network: Network, family: Family, given: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.given = [torch.Size(shape) for shape in given]
        self.network = network(self.given, family.parameter_shape)
        self.family = family
        self._half: torch.dtype | None = None
        if isinstance(self.network, AutoregressiveNetwork) and not family.pixelwise:
            raise UserError(
                f"likelihood={choice(family)} draws all values at once, but this network is"
                " autoregressive, one pixel after another: use network=conv, or a likelihood of"
                " single values such as likelihood=poisson"
            )

    @property
    def event(self) -> torch.Size:
        """Shape of one event."""
        return self.family.event

    def lower(self, dtype: torch.dtype) -> None:
        """Let the network, but not the family, have its parameters and compute in half precision.

        Arguments:
            dtype: torch.bfloat16 or torch.float16; what is given is converted to it.
        """
        self.network.to(dtype)
        self._half = dtype

    def forward(self, *given: Tensor) -> Distribution:
        """Return the distribution of batch shape (*batch,).

        Arguments:
            given: tensors (*batch, *shape), one for each shape in `given`, where batch is of any
                number of dimensions, such as samples and examples; they are folded to one for the
                network and unfolded again.
        """
        batch = given[0].shape[: given[0].dim() - len(self.given[0])]
        if len(batch) != 1:
            given = tuple(x.reshape(-1, *s) for x, s in zip(given, self.given, strict=True))
        if self._half is not None:
            given = tuple(x.to(self._half) for x in given)
        if isinstance(self.network, AutoregressiveNetwork):
            return Autoregressive(self._step, self.network.condition(*given), batch, self.event)
        raw = self.network(*given)
        return self.family(raw if len(batch) == 1 else raw.reshape(*batch, *raw.shape[1:]))

    def _step(self, condition: Tensor, x: Tensor) -> Distribution:
        return self.family(self.network(condition, x if self._half is None else x.to(self._half)))
