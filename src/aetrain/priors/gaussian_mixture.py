"""A mixture of Gaussians as a prior."""

import math
from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.errors import UserError
from aetrain.expectation_maximisation import expectation_maximisation
from aetrain.families import full_precision, soft_bound, unbound
from aetrain.priors.mixture_prior import LOG_SCALE_BOUND, MixturePrior


@final
class GaussianMixture(MixturePrior):
    """p(z) = Σₖ πₖ N(z; μₖ, diag σₖ²), learned or fixed.

    `ring` is fixed: equal components whose means are spaced evenly on a circle in the first two
    dimensions, where their standard deviation is `width`; the others are N(0, 1), as those of a
    standard normal prior are. `learned` trains all of π, μ and σ, which begin with equal weights,
    means drawn from N(0, spread² I) and scales 1.

    Arguments:
        event: shape of one latent, (D,).
        components: K.
        layout: `learned` or `ring`.
        radius: of the circle.
        width: standard deviation of the ring's components, in the plane of the circle.
        spread: standard deviation of the learned means before training.

    Raises:
        UserError: where a number is out of its range, the layout is not known, or a ring is asked
            for in one dimension.

    References:
        Dilokthanakul et al.: Deep unsupervised clustering with Gaussian mixture variational
        autoencoders. 2016. https://arxiv.org/abs/1611.02648
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders. 2016.
        https://arxiv.org/abs/1511.05644
    """

    log_scale: Tensor

    def __init__(
        self,
        event: Sequence[int],
        *,
        components: int = 10,
        layout: Literal["learned", "ring"] = "learned",
        radius: float = 4.0,
        width: float = 0.5,
        spread: float = 1.0,
    ) -> None:
        super().__init__(event, components)
        for name, value in {"radius": radius, "width": width, "spread": spread}.items():
            if not value > 0:
                raise UserError(f"prior.{name}={value}: must be above 0, such as 1.0")
        if layout not in ("learned", "ring"):
            raise UserError(f"prior.layout={layout}: choose learned or ring")
        self.fixed = layout == "ring"
        if self.fixed:
            loc, scale = _ring(components, self.event, radius, width)
            self.register_buffer("loc", loc, persistent=False)
            self.register_buffer("log_scale", scale.log(), persistent=False)
            self.register_buffer("logits", torch.zeros(components), persistent=False)
        else:
            self.loc = nn.Parameter(spread * torch.randn(components, *self.event))
            self.raw_scale = nn.Parameter(torch.zeros(components, *self.event))
            self.logits = nn.Parameter(torch.zeros(components))

    def forward(self) -> NormalMixture:
        """Return the mixture."""
        loc, logits = full_precision(self.loc), full_precision(self.logits)
        if self.fixed:
            return NormalMixture(loc, full_precision(self.log_scale), logits)
        log_scale = soft_bound(full_precision(self.raw_scale), LOG_SCALE_BOUND)
        return NormalMixture(loc, log_scale, logits)

    def fit_covariances(self, codes: Tensor, starts: int, floor: float) -> tuple[Tensor, Tensor]:
        """Fit and take variances; return weights and means."""
        if self.fixed:
            raise UserError("prior.layout=ring stands still: use prior.layout=learned")
        weights, loc, variance = expectation_maximisation(
            codes, len(self.loc), "diag", starts=starts, floor=floor
        )
        raw = unbound(0.5 * variance.log(), LOG_SCALE_BOUND)
        self.raw_scale.copy_(raw.to(self.loc))
        return weights, loc

    def require_parts(self, parts: int) -> None:
        """Refuse another number of parts than components, and components that weigh differently.

        Raises:
            UserError: in these cases.
        """
        if len(self.loc) != parts:
            raise UserError(
                f"prior.components={len(self.loc)}: must be {parts}, one for each class"
            )
        if not self.fixed:
            raise UserError(
                "prior.layout=learned: its components weigh differently, classes do not: use"
                " prior=ring"
            )

    def draw_parts(self, part: Tensor, parts: int) -> Tensor:
        """Return a draw of component `part` (B,) for each, (B, D)."""
        loc, scale = self.loc[part], self.log_scale[part].exp()
        return loc + scale * torch.randn_like(loc)

    def part_of(self, z: Tensor, parts: int) -> Tensor:
        """Return the component under which z (B, D) is most probable, (B,)."""
        scaled = (z[:, None] - self.loc) * (-self.log_scale).exp()
        return (0.5 * scaled.square() + self.log_scale).sum(-1).argmin(-1)


def _ring(components: int, event: torch.Size, radius: float, width: float) -> tuple[Tensor, Tensor]:
    """Return means and standard deviations, (K, D)."""
    if event[0] < 2:
        raise UserError(
            f"prior.layout=ring lies in a plane, but latent={event[0]}: use latent=2 or more, or"
            " prior.layout=learned"
        )
    angle = 2 * math.pi / components * torch.arange(components)
    loc = torch.zeros(components, *event)
    loc[:, 0], loc[:, 1] = radius * angle.cos(), radius * angle.sin()
    scale = torch.ones(components, *event)
    scale[:, :2] = width
    return loc, scale
