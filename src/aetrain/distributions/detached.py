"""Distributions whose parameters are constants."""

import copy
from functools import singledispatch
from types import NoneType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.distributions.constraints import Constraint

from aetrain.distributions.flow import Transform
from aetrain.distributions.frame import Frame
from aetrain.errors import UserError

D = TypeVar("D", bound=Distribution)


def detached(distribution: D) -> D:
    """Return the same distribution with a gradient in its argument, and none in its parameters.

    It is a shallow copy whose tensors are detached, those of the distributions, maps and networks
    that it is made of too. What a flow remembers of its last draw is forgotten, since that depends
    on the parameters: the density of a draw goes back through the inverses, which for `iaf` takes
    D passes through each step's network, and for planar and Sylvester flows a bracketed search.

    Raises:
        UserError: for a distribution that holds something unknown, such as a function, which may
            know of tensors that a gradient goes to.
    """
    try:
        return _cut(distribution)
    except NotImplementedError as error:
        raise UserError(
            "this objective holds the parameters of q(z|x) or p(z) constant, and those of"
            f" {type(distribution).__name__} are not known: use objective=elbo, or objective=iwae"
        ) from error


@singledispatch
def _cut(part: Any) -> Any:
    raise NotImplementedError(f"{part} may hold tensors that a gradient goes to")


@_cut.register(int)
@_cut.register(float)
@_cut.register(str)
@_cut.register(NoneType)
@_cut.register(torch.Size)
@_cut.register(torch.dtype)
@_cut.register(torch.device)
@_cut.register(Constraint)
def _(part: Any) -> Any:
    return part


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
    # another module's module, which this one only makes use of, stands in a tuple
    for name, value in vars(part).items():
        if isinstance(value, tuple) and value and isinstance(value[0], nn.Module):
            twin.__dict__[name] = _cut(value)
    return twin


@_cut.register
def _(part: list) -> list[Any]:
    return [_cut(value) for value in part]


@_cut.register
def _(part: tuple) -> tuple[Any, ...]:
    values = [_cut(value) for value in part]
    return tuple(values) if type(part) is tuple else type(part)(*values)  # a named one
