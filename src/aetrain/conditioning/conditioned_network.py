"""Networks that are given a condition beside their own input."""

from collections.abc import Callable, Sequence
from typing import final

from torch import Tensor, nn

from aetrain.conditioning.condition import Condition
from aetrain.networks.autoregressive import AutoregressiveNetwork

Together = Callable[[Sequence[Tensor], Tensor], Sequence[Tensor]]
"""(what is given, each (N, *shape), c (N, *shape)) -> what the network inside is given."""


@final
class ConditionedNetwork(nn.Module):
    """f(given, c) with the present condition c.

    Arguments:
        network: f.
        condition: c.
        together: how both become the network's input.
    """

    def __init__(self, network: nn.Module, condition: Condition, together: Together) -> None:
        super().__init__()
        self.network, self._condition, self._together = network, condition, together

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (N, *shape) to (N, *out)."""
        return self.network(*self._together(given, self._condition.of(given[0].shape[0], given[0])))


@final
class ConditionedAutoregressive(AutoregressiveNetwork):
    """The same of a network that also sees the values before: what is given has c beside it.

    Arguments:
        network: the network.
        condition: c.
        together: how what is given and c become the network's input.
    """

    def __init__(
        self, network: AutoregressiveNetwork, condition: Condition, together: Together
    ) -> None:
        super().__init__()
        self.network, self._condition, self._together = network, condition, together

    def condition(self, *given: Tensor) -> Tensor:
        """Return what the conditioning variables (N, *shape) and c say."""
        c = self._condition.of(given[0].shape[0], given[0])
        return self.network.condition(*self._together(given, c))

    def forward(self, condition: Tensor, x: Tensor) -> Tensor:
        """Return raw parameters (N, *parameter_shape)."""
        return self.network(condition, x)


def conditioned(network: nn.Module, condition: Condition, together: Together) -> nn.Module:
    """Return a network with a condition, of the kind that it is."""
    if isinstance(network, AutoregressiveNetwork):
        return ConditionedAutoregressive(network, condition, together)
    return ConditionedNetwork(network, condition, together)
