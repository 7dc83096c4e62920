"""The Sylvester flow posterior."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.flow import Flow
from aetrain.distributions.sylvester_step import SylvesterStep
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND
from aetrain.posteriors.frames import Alternating, Frames, Householder, Orthogonal

ENTRY_BOUND = 10.0
DIAGONAL_BOUND = 0.999


@final
class Sylvester(Family):
    """q(z|x): z₀ ~ N(μ, diag σ²), then T maps z + Q R tanh(R̃ Qᵀz + b), all parameters from x.

    log σ and what is above the diagonals of R and R̃ are bounded softly to ±10, the diagonals to
    ±0.999, so that every determinant is above 0.

    Arguments:
        event: shape of one latent, (D,).
        steps: T.
        kind: what Q is: `orthogonal`, any orthonormal columns; `householder`, a product of
            reflections; `triangular`, the identity and the reversal of coordinates in turn.
        width: columns of Q for kind=orthogonal; null or more than D mean D.
        reflections: how many of them are multiplied for kind=householder.

    Raises:
        UserError: where steps, width or reflections are below 1, or the kind is not known.

    References:
        van den Berg, Hasenclever, Tomczak, Welling: Sylvester normalizing flows for variational
        inference. 2018. https://arxiv.org/abs/1803.05649
    """

    explicit_density = False

    def __init__(
        self,
        event: Sequence[int],
        *,
        steps: int = 4,
        kind: Literal["orthogonal", "householder", "triangular"] = "orthogonal",
        width: int | None = 32,
        reflections: int = 8,
    ) -> None:
        super().__init__(event)
        (d,) = self.event
        for name, value in {"steps": steps, "width": width, "reflections": reflections}.items():
            if value is not None and value < 1:
                raise UserError(f"posterior.{name}={value}: must be at least 1")
        kinds: dict[str, Frames] = {
            "orthogonal": Orthogonal(d, min(d, width or d)),
            "householder": Householder(d, reflections),
            "triangular": Alternating(d),
        }
        if kind not in kinds:
            raise UserError(f"posterior.kind={kind}: choose {', '.join(kinds)}")
        self.steps, self.frames = steps, kinds[kind]

    @property
    def parameter_shape(self) -> torch.Size:
        """Means, raw log scales, and each step's Q, R and R̃, R̃'s diagonal and b.

        (2 D + T (size of Q + M² + 2 M),): R and R̃ share a square, R̃ below the diagonal.
        """
        (d,), m = self.event, self.frames.width
        return torch.Size((2 * d + self.steps * (self.frames.size + m * m + 2 * m),))

    def forward(self, raw: Tensor) -> Flow:
        """Return q(z|x) from raw parameters (..., numbers)."""
        (d,), m = self.event, self.frames.width
        raw = full_precision(raw)
        base = DiagonalNormal(raw[..., :d], soft_bound(raw[..., d : 2 * d], LOG_SCALE_BOUND), 1)
        rest = raw[..., 2 * d :].unflatten(-1, (self.steps, -1))
        raw_frames, square, diagonal, b = rest.split([self.frames.size, m * m, m, m], -1)
        outer, inner = _triangles(square.unflatten(-1, (m, m)), diagonal)
        frames = self.frames.made(raw_frames)
        parts = zip(frames, outer.unbind(-3), inner.unbind(-3), b.unbind(-2))
        return Flow(base, [SylvesterStep(*part) for part in parts])


def _triangles(square: Tensor, diagonal: Tensor) -> tuple[Tensor, Tensor]:
    """Return R and R̃, (..., M, M), from a raw square and R̃'s raw diagonal (..., M)."""
    entries = soft_bound(square, ENTRY_BOUND)
    own = soft_bound(square.diagonal(dim1=-2, dim2=-1), DIAGONAL_BOUND).diag_embed()
    other = soft_bound(diagonal, DIAGONAL_BOUND).diag_embed()
    return entries.triu(1) + own, entries.mT.triu(1) + other
