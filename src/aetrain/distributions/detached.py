"""Distributions whose parameters are constants."""

import copy
from functools import partial, singledispatch
from types import FunctionType, MethodType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.distributions.flow import Transform
from aetrain.distributions.frame import Frame

D = TypeVar("D", bound=Distribution)


def detached(distribution: D) -> D:
    """Return the same distribution with a gradient in its argument, and none in its parameters.

    It is a shallow copy whose tensors are detached, those of the distributions, maps and networks
    that it is made of too. What a flow remembers of its last draw is forgotten, since that depends
    on the parameters: the density of a draw goes back through the inverses, which for `iaf` takes
    D passes through each step's network, and for planar and Sylvester flows a bracketed search.

    Raises:
        NotImplementedError: for a distribution that holds a function, whose tensors are not known.
    """
    return _cut(distribution)


@singledispatch
def _cut(part: Any) -> Any:
    return part  # numbers, shapes, names


@_cut.register
def _(part: Tensor) -> Tensor:
    return part.detach()


@_cut.register(Distribution)
@_cut.register(Transform)
@_cut.register(Frame)
def _(part: Any) -> Any:
    twin = copy.copy(part)
    vars(twin).update({name: _cut(value) for name, value in vars(part).items()})
    return twin


@_cut.register
def _(part: nn.Module) -> nn.Module:
    twin = part.__new__(type(part))
    twin.__dict__ = dict(vars(part))
    for kind in ("_parameters", "_buffers", "_modules"):
        twin.__dict__[kind] = {name: _cut(value) for name, value in vars(part)[kind].items()}
    return twin


@_cut.register(list)
@_cut.register(tuple)
def _(part: Any) -> Any:
    return type(part)(_cut(value) for value in part)


@_cut.register
def _(part: torch.Size) -> torch.Size:
    return part


@_cut.register(FunctionType)
@_cut.register(MethodType)
@_cut.register(partial)
def _(part: Any) -> Any:
    raise NotImplementedError(f"{part} may hold tensors that a gradient goes to")
