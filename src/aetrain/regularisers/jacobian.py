"""Squared Frobenius norms of Jacobians, exact or estimated."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.families import full_precision

ROWS = 400
"""Rows of Jacobians, over all examples, in one pass; with many, convolutions are slow."""

FORWARDS = 2
"""What a pass forwards costs, in passes backwards."""

not_compiled: Any = torch.compiler.disable
"""The compiler knows one derivative only."""

LAYER_NORM = "NativeLayerNormBackward0"
"""What autograd calls it."""


@not_compiled
def squared_norm_at(x: Tensor, f: Callable[[Tensor], Tensor], probes: int | None) -> Tensor:
    """Return |∂f/∂x|², (B,), at points x (B, *in), also where gradients are off.

    Arguments:
        x: the points; where they were computed by parameters, these have a gradient too.
        f: to (B, *out), each example for itself.
        probes: how many; None for the exact norm.
    """
    trained = torch.is_grad_enabled()
    # of attention's kernels only the plain one has two derivatives
    with torch.inference_mode(False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        x = x if x.requires_grad else x.detach().clone().requires_grad_()
        return squared_norm(f(x), x, probes, trained)


def squared_norm(y: Tensor, x: Tensor, probes: int | None, trained: bool) -> Tensor:
    """Return |∂y/∂x|², (B,), for y (B, *out) of which each example depends on its own x (B, *in).

    With J = ∂y/∂x the exact norm is Σ |Jᵀ eᵢ|² over the values i of y, passes backwards, or
    Σ |J eⱼ|² over those of x, passes forwards, whichever costs less; of probes it is the mean of
    |Jᵀ r|² over r of independent ±1 in the space of y (Hutchinson), each a pass backwards.

    A pass forwards, J e, is the derivative of u ↦ Jᵀ u. Through a layer norm there are none: the
    third derivative that training needs is silently wrong there, and so is that of torch's own
    passes forwards (2.14).

    Arguments:
        y: computed from x.
        x: what to differentiate by.
        probes: how many; None for the exact norm.
        trained: whether the norm will be differentiated itself.

    References:
        Hutchinson: A stochastic estimator of the trace of the influence matrix for Laplacian
        smoothing splines. 1990. https://doi.org/10.1080/03610919008812866
    """
    if probes is not None:
        signs = torch.randint(2, (probes, *y.shape), device=y.device).to(y.dtype) * 2 - 1
        return _squares(y, x, signs, trained) / probes
    if FORWARDS * x[0].numel() >= y[0].numel() or _through(LAYER_NORM, y):
        return _squares(y, x, _units(y), trained)
    u = torch.zeros_like(y, requires_grad=True)
    (back,) = torch.autograd.grad(y, x, u, create_graph=True)
    return _squares(back, u, _units(back), trained)


def _through(name: str, y: Tensor) -> bool:
    """Return whether y was computed by an operation, by autograd's name of it."""
    seen, left = set(), [y.grad_fn]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        if node.name() == name:
            return True
        seen.add(node)
        left += [before for before, _ in node.next_functions]
    return False


def _units(y: Tensor) -> Tensor:
    """Return the unit vectors of the space of y (B, *out) for each example, (n, B, *out)."""
    size = y[0].numel()
    rows = torch.eye(size, dtype=y.dtype, device=y.device)
    return rows.reshape(size, 1, *y.shape[1:]).expand(size, *y.shape)


def _squares(y: Tensor, x: Tensor, vectors: Tensor, trained: bool) -> Tensor:
    """Return Σ |Jᵀ v|² over the vectors v (n, B, *out), (B,)."""
    parts = vectors.split(max(1, ROWS // len(y)))
    return torch.stack([_part(y, x, part, trained) for part in parts]).sum(0)


def _part(y: Tensor, x: Tensor, vectors: Tensor, trained: bool) -> Tensor:
    batched = len(vectors) > 1
    (rows,) = torch.autograd.grad(
        y,
        x,
        vectors if batched else vectors[0],
        create_graph=trained,
        retain_graph=True,
        is_grads_batched=batched,
    )
    return full_precision(rows).reshape(len(vectors), len(y), -1).square().sum((0, 2))
