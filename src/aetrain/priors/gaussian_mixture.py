"""A mixture of Gaussians as a prior."""

import math
import warnings
from collections.abc import Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.errors import UserError
from aetrain.families import full_precision, soft_bound
from aetrain.priors.prior import Prior

LOG_SCALE_BOUND = 10.0


@final
class GaussianMixture(Prior):
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

    loc: Tensor
    log_scale: Tensor
    logits: Tensor

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
        super().__init__(event)
        if components < 1:
            raise UserError(f"prior.components={components}: must be at least 1")
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

    @torch.no_grad()
    def fit(self, codes: Tensor, *, starts: int = 1, floor: float = 1e-6) -> None:
        """Become the mixture that expectation maximisation finds for codes (N, D).

        Randomness comes from torch's generator.

        Arguments:
            codes: N of them, at least as many as components.
            starts: from so many k-means, the best of which is kept.
            floor: added to each variance, so that none becomes 0.

        Raises:
            UserError: where there are fewer codes than components, or they are not finite.
        """
        number = len(self.loc)
        if len(codes) < number or not codes.isfinite().all():
            found = (
                f"there are {len(codes)} codes" if len(codes) < number else "some are not finite"
            )
            raise UserError(
                f"prior.components={number}: are fitted to codes, and {found}: use fewer"
                " components, more data or a smaller optimizer.lr"
            )
        weights, loc, variance = expectation_maximisation(codes, number, starts, floor)
        log_scale = 0.5 * variance.log()
        self.loc.copy_(loc.to(self.loc))
        self.raw_scale.copy_((log_scale / (1 - log_scale.abs() / LOG_SCALE_BOUND)).to(self.loc))
        self.logits.copy_(weights.clamp_min(1e-10).log().to(self.loc))

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


def expectation_maximisation(
    codes: Tensor, components: int, starts: int, floor: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return weights (K,), means and variances (K, D) by scikit-learn, float64 on the CPU."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture as ExpectationMaximisation
    from threadpoolctl import threadpool_limits

    fitted = ExpectationMaximisation(
        components,
        covariance_type="diag",
        n_init=starts,
        max_iter=300,
        reg_covar=floor,
        random_state=int(torch.randint(2**31 - 1, ())),
    )
    # k-means adds up its threads' sums in the order in which they end
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(codes.cpu().double().numpy())
    found = (fitted.weights_, fitted.means_, fitted.covariances_)
    weights, loc, variance = (torch.from_numpy(x) for x in found)
    return weights, loc, variance


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
