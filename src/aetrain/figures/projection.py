"""From many latent dimensions to the two that a plane can show."""

import torch
from torch import Tensor

FITTED = 1024  # the smaller of the numbers of codes and dimensions sets the cost; this is 0.3 s


def project(codes: Tensor) -> tuple[Tensor, Tensor | None]:
    """Project `codes` (N, *latent) to (N, 2), with the share of variance of each axis, (2,).

    The axes are the principal components, each with its largest weight positive, so that the
    picture does not flip from one epoch to the next. The origin stays the origin: a standard
    normal prior is then a standard normal in the plane too. One or two dimensions are returned as
    they are, (N, 1) or (N, 2), with None for the shares. Above 1,024 dimensions the axes are
    fitted to 1,024 of the codes. Rows that are not finite stay so and are left out of the fit.
    """
    flat = codes.detach().flatten(1).to("cpu", torch.float32)
    if flat.shape[1] <= 2:
        return flat, None
    fit = flat.isfinite().all(1).nonzero()[:, 0]
    if min(len(fit), flat.shape[1]) > FITTED:
        fit = fit[torch.linspace(0, len(fit) - 1, FITTED).long()]
    axes, shares = _principal(flat[fit].double())
    return flat @ axes.float(), shares.float()


def _principal(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first two principal axes of (N, D), (D, 2), and their shares of the variance."""
    count, size = codes.shape
    centred = codes - codes.mean(0) if count else codes.new_zeros(1, size)
    # The eigenvectors of the smaller Gram matrix: the SVD at a fraction of its cost.
    if len(centred) < size:
        squares, left = torch.linalg.eigh(centred @ centred.T)
        axes = torch.linalg.qr(centred.T @ left[:, -2:].flip(1))[0]
    else:
        squares, right = torch.linalg.eigh(centred.T @ centred)
        axes = right[:, -2:].flip(1)
    if axes.shape[1] < 2:  # a single code spans no plane
        axes = torch.eye(size, 2, dtype=codes.dtype)
    total = squares.clamp_min(0).sum()
    shares = torch.zeros(2, dtype=codes.dtype)
    if total > 0:
        shares[: min(2, len(squares))] = (squares.clamp_min(0).flip(0) / total)[:2]
    signs = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    return axes * signs, shares
