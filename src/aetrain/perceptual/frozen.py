"""A network that is looked into and never changed."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError, did_you_mean

OUTPUT = "output"
"""The name of what the whole network puts out."""

Prepare = Callable[[Tensor], Tensor]
"""Examples (B, *event) -> what the network takes."""


@final
class Frozen:
    """The outputs of some layers of a network in evaluation mode, without gradients of its own.

    It is no module, so its weights are neither trained, nor averaged, nor saved.

    Arguments:
        network: from what `prepare` gives to anything.
        event: shape of one example.
        layers: names of modules in the network; None: all nonlinearities, or else the output.
        prepare: what is done to examples first.

    Raises:
        UserError: where examples do not go through, or there is no such layer.
    """

    def __init__(
        self,
        network: nn.Module,
        event: Sequence[int],
        layers: Sequence[str] | None = None,
        prepare: Prepare = torch.Tensor.contiguous,
    ) -> None:
        self.network = network.float().cpu().eval().requires_grad_(False)
        self.prepare = prepare
        self._seen: dict[str, Tensor] = {}
        for name, module in network.named_modules():
            if "inplace" in vars(module):  # it would overwrite what was seen
                vars(module)["inplace"] = False
            module.register_forward_hook(partial(self._note, name or OUTPUT))
        try:
            self._pass(torch.zeros(2, *event))
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"model.features: data of shape {tuple(event)} do not go through"
                f" {type(network).__name__} ({str(error).splitlines()[0][:100]}): set"
                " model.features.size, or use another network"
            ) from error
        self.layers = _chosen(layers, list(self._seen), network)
        self._seen.clear()

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Return what each layer puts out, (B, ...), for x (B, *event)."""
        own = next(self.network.parameters(), x)
        if own.device != x.device or own.dtype != x.dtype:
            self.network.to(x.device, x.dtype)
        self._pass(x)
        found = [self._seen[name] for name in self.layers]
        self._seen.clear()
        return found

    @property
    def fingerprint(self) -> bytes:
        """The SHA-256 of names and weights."""
        digest = hashlib.sha256()
        for name, tensor in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
        return digest.digest()

    def _pass(self, x: Tensor) -> None:
        self.network(self.prepare(x))

    def _note(self, name: str, module: nn.Module, given: object, out: object) -> None:
        if isinstance(out, Tensor):
            self._seen[name] = out


def _chosen(layers: Sequence[str] | None, seen: list[str], network: nn.Module) -> list[str]:
    modules = {name or OUTPUT: module for name, module in network.named_modules()}
    if layers is None:
        kind = nn.ReLU.__module__
        return [name for name in seen if type(modules[name]).__module__ == kind] or [OUTPUT]
    for name in layers:
        if name not in seen:
            raise UserError(
                f"model.features.layers: the network has no layer {name!r}; choose from"
                f" {', '.join(seen)}.{did_you_mean(name, seen)}"
            )
    return list(layers)
