"""Matrices of a batch times vectors of many samples."""

import torch
from torch import Tensor


def matvec(matrix: Tensor, vectors: Tensor) -> Tensor:
    """Return M v, (*samples, *batch, R), for M (*batch, R, C) and v (*samples, *batch, C).

    Samples become columns, so that no matrix is repeated for them. Nothing is computed in half
    precision, under autocast neither.
    """
    dims = matrix.dim()
    with torch.autocast(matrix.device.type, enabled=False):
        if dims == 2:
            return vectors @ matrix.mT
        vectors = _over_batch(matrix, vectors)
        return _from_columns(matrix @ _as_columns(vectors, dims), vectors, dims)


def solve_lower(matrix: Tensor, vectors: Tensor) -> Tensor:
    """Return L⁻¹ v, (*samples, *batch, D), for a lower triangular L (*batch, D, D)."""
    dims = matrix.dim()
    vectors = _over_batch(matrix, vectors)
    columns = torch.linalg.solve_triangular(matrix, _as_columns(vectors, dims), upper=False)
    return _from_columns(columns, vectors, dims)


def _over_batch(matrix: Tensor, vectors: Tensor) -> Tensor:
    batch = torch.broadcast_shapes(vectors.shape[:-1], matrix.shape[:-2])
    return vectors.expand(*batch, vectors.shape[-1])


def _as_columns(vectors: Tensor, dims: int) -> Tensor:
    """Return (*batch, C, samples), of `dims` dimensions, for vectors (*samples, *batch, C)."""
    extra = vectors.dim() - dims + 1
    if extra == 0:
        return vectors.unsqueeze(-1)
    return vectors.flatten(0, extra - 1).movedim(0, -1)


def _from_columns(columns: Tensor, vectors: Tensor, dims: int) -> Tensor:
    extra = vectors.dim() - dims + 1
    if extra == 0:
        return columns.squeeze(-1)
    return columns.movedim(-1, 0).unflatten(0, vectors.shape[:extra])
