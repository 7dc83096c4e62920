"""The Swiss roll as a prior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.swiss_roll import SwissRoll as SwissRollDistribution
from aetrain.errors import UserError
from aetrain.priors.prior import Prior

PLACES = 2000
"""Points of the spiral that are looked at for the nearest one."""


@final
class SwissRoll(Prior):
    """A noisy spiral in the plane, z = R w (cos 2πTw, sin 2πTw) + s ε, w from 0 to 1.

    It can be sampled but not scored: a prior for models that compare samples of codes.

    Arguments:
        event: shape of one latent, (2,).
        radius: R, the distance of the outer end from the origin.
        turns: T.
        noise: s, the standard deviation of the noise in both directions.

    Raises:
        UserError: where the latent is not in the plane, or a number is out of its range.

    References:
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders. 2016.
        https://arxiv.org/abs/1511.05644
    """

    has_density = False
    zero: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        radius: float = 3.0,
        turns: float = 2.0,
        noise: float = 0.05,
    ) -> None:
        super().__init__(event)
        if self.event != (2,):
            raise UserError(
                f"prior=swiss_roll lies in the plane, but latent={self.event[0]}: use latent=2"
            )
        for name, value in {"radius": radius, "turns": turns}.items():
            if not value > 0:
                raise UserError(f"prior.{name}={value}: must be above 0, such as 2.0")
        if not noise >= 0:
            raise UserError(f"prior.noise={noise}: must be 0 or more, such as 0.05")
        self.radius, self.turns, self.noise = radius, turns, noise
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> SwissRollDistribution:
        """Return the distribution around the spiral."""
        return SwissRollDistribution(self.zero, self.radius, self.turns, self.noise)

    def require_parts(self, parts: int) -> None:
        """Refuse nothing: the spiral can be cut into any number of pieces."""

    def draw_parts(self, part: Tensor, parts: int) -> Tensor:
        """Return a draw of piece `part` (B,) of the spiral for each, counted outwards, (B, 2).

        Pieces are of equal mass.
        """
        along = (part + torch.rand_like(self.zero[0].expand(len(part)))) / parts
        return self().at(along)

    def part_of(self, z: Tensor, parts: int) -> Tensor:
        """Return the piece with the point of the spiral that is nearest to z (B, 2), (B,)."""
        u = torch.linspace(0, 1, PLACES, device=z.device, dtype=z.dtype)
        spiral = SwissRollDistribution(self.zero, self.radius, self.turns, 0.0).at(u)
        nearest = u[torch.cdist(z, spiral).argmin(-1)]
        return (nearest * parts).long().clamp_max(parts - 1)
