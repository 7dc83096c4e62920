"""How much neighbouring pixels differ."""

from torch import Tensor


def total_variation(x: Tensor) -> Tensor:
    """Return Σ |xᵢ₊₁ⱼ − xᵢⱼ| + |xᵢⱼ₊₁ − xᵢⱼ| over all channels, (B,), of images x (B, C, H, W).

    References:
        Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms. 1992.
        https://doi.org/10.1016/0167-2789(92)90242-F
    """
    down = (x[..., 1:, :] - x[..., :-1, :]).abs().flatten(1).sum(1)
    across = (x[..., 1:] - x[..., :-1]).abs().flatten(1).sum(1)
    return down + across
