"""How steep a discriminator is at given points."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.families import full_precision
from aetrain.regularisers.jacobian import not_compiled

Marks = Callable[..., Tensor]
"""Points, one tensor (B, *shape) for each argument -> marks (B,)."""


@not_compiled  # a compiled function has one derivative
def squared_slope(marks: Marks, points: Sequence[Tensor]) -> Tensor:
    """Return |∇D|² at points, (B,), with the gradient of all points of an example as one vector.

    It is differentiable in D where gradients are on.
    """
    trained = torch.is_grad_enabled()
    # of attention's kernels only the plain one has two derivatives
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        at = [x.detach().requires_grad_() for x in points]
        gradients = torch.autograd.grad(marks(*at).sum(), at, create_graph=trained)
    squares = [full_precision(g).flatten(1).square().sum(1) for g in gradients]
    return squares[0] if len(squares) == 1 else torch.stack(squares).sum(0)


def between(real: Sequence[Tensor], fake: Sequence[Tensor]) -> list[Tensor]:
    """Return points drawn uniformly from the lines between real examples and fakes.

    All tensors of an example lie at the same place of their lines.
    """
    a = torch.rand(len(real[0]), device=real[0].device, dtype=real[0].dtype)
    return [
        torch.lerp(x, y, a.reshape(-1, *[1] * (x.dim() - 1)).expand_as(x))
        for x, y in zip(real, fake, strict=True)
    ]
