"""Networks whose hidden layers a condition changes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.conditioning.condition import Condition
from aetrain.errors import UserError
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.networks.transformer import SelfAttention

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)

Modulator = Callable[[int, torch.Size], nn.Module]
"""(features C of a layer, shape of c) -> a module of h (N, places, C) and c (N, *shape) to h'."""


@final
class ModulatedNetwork(nn.Module):
    """A network each of whose layers but the last puts out what a modulator makes of h and c.

    Arguments:
        network: any but an autoregressive one.
        condition: c.
        modulator: makes one for a layer.
        name: of the choice, for messages.

    Raises:
        UserError: where there is no hidden layer.
    """

    def __init__(
        self, network: nn.Module, condition: Condition, modulator: Modulator, name: str
    ) -> None:
        super().__init__()
        self.network, self._condition = network, condition
        layers = _hidden(network, name)
        self.modulators = nn.ModuleList(modulator(_features(m), condition.shape) for m in layers)
        self._present: Tensor | None = None
        for number, layer in enumerate(layers):
            layer.register_forward_hook(partial(self._modulate, number))

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (N, *shape) to (N, *out)."""
        self._present = self._condition.of(given[0].shape[0], given[0])
        try:
            return self.network(*given)
        finally:
            self._present = None

    def _modulate(self, number: int, layer: nn.Module, args: Any, h: Tensor) -> Tensor:
        assert self._present is not None
        modulator = self.modulators[number]
        if isinstance(layer, nn.Linear):  # (N, C), or (N, places, C)
            return modulator(h.unflatten(-1, (1, -1)).flatten(1, -2), self._present).view_as(h)
        changed = modulator(h.flatten(2).transpose(1, 2), self._present)
        return changed.transpose(1, 2).reshape(h.shape)


def modulated(
    network: Network,
    given: Sequence[torch.Size],
    out: torch.Size,
    condition: Condition,
    modulator: Modulator,
    name: str,
) -> ModulatedNetwork:
    """Return a modulated network.

    Raises:
        UserError: where it is autoregressive, or has no hidden layers of its own.
    """
    made = network(given, out)
    if isinstance(made, AutoregressiveNetwork):
        raise UserError(
            f"conditioning={name}: an autoregressive network draws its values after the condition"
            " is gone: use conditioning=channels, or network=conv"
        )
    return ModulatedNetwork(made, condition, modulator, name)


def _hidden(network: nn.Module, name: str) -> Sequence[nn.Module]:
    inside = {m for a in network.modules() if isinstance(a, SelfAttention) for m in a.modules()}
    layers = [m for m in network.modules() if isinstance(m, LAYERS) and m not in inside]
    if len(layers) < 2:
        raise UserError(
            f"conditioning={name}: changes hidden layers, and this network has none of its own:"
            " use conditioning=concat, or more of network.hidden"
        )
    return layers[:-1]


def _features(layer: nn.Module) -> int:
    width = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    assert isinstance(width, int)
    return width
