"""What mixtures of Gaussians have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aetrain.data.module import DataModule
from aetrain.distributions.mixture import Mixture
from aetrain.errors import UserError
from aetrain.priors.prior import Prior
from aetrain.seeding import INITIALISE, seed_torch
from aetrain.world import World

LOG_SCALE_BOUND = 10.0
LEAST_WEIGHT = 1e-10
EXAMPLES = 20_000
"""Training examples whose codes a mixture begins with."""
ROWS = 500
"""Of which so many are encoded at once."""
FLOOR = 1e-3
"""Of the variances that it begins with."""


class MixturePrior(Prior, ABC):
    """p(z) = Σₖ πₖ N(z; μₖ, Σₖ), which can be fitted to codes.

    Arguments:
        event: shape of one latent, (D,).
        components: K.

    Raises:
        UserError: where there is no component.
    """

    loc: Tensor
    logits: Tensor

    def __init__(self, event: Sequence[int], components: int) -> None:
        super().__init__(event)
        if components < 1:
            raise UserError(f"prior.components={components}: must be at least 1")

    @abstractmethod
    def forward(self) -> Mixture:
        """Return the mixture."""

    @torch.no_grad()
    def begin(
        self,
        code: Callable[[Tensor], Tensor],
        data: DataModule,
        *,
        starts: int,
        seed: int,
        world: World,
    ) -> None:
        """Fit to codes of random training examples, the same in every process.

        Arguments:
            code: from x (B, *event) to codes (B, D).
            data: has the examples, of which `EXAMPLES` at most are used.
            starts: as `fit` takes them.
            seed: of the run.
            world: the processes.
        """
        if world.rank == 0:
            x = data.examples(EXAMPLES, self.loc.device).to(self.loc.dtype)
            codes = torch.cat([code(part) for part in x.split(ROWS)])
            seed_torch(self.loc.device, INITIALISE, seed, 1)
            self.fit(codes, starts=starts, floor=FLOOR)
        world.copy_from_first(self)

    @torch.no_grad()
    def fit(self, codes: Tensor, *, starts: int = 1, floor: float = 1e-6) -> None:
        """Become the mixture that expectation maximisation finds for codes (N, D).

        Randomness comes from torch's generator.

        Arguments:
            codes: N of them, at least as many as components.
            starts: from so many k-means; see `expectation_maximisation` for which is kept.
            floor: added to each variance, so that none becomes 0.

        Raises:
            UserError: where there are fewer codes than components, or they are not finite.
        """
        number = len(self.loc)
        if len(codes) < max(2, number) or not codes.isfinite().all():
            few = len(codes) < max(2, number)
            raise self._unfit(f"there are {len(codes)} codes" if few else "some are not finite")
        try:
            weights, loc = self.fit_covariances(codes, starts, floor)
        except ValueError as error:  # a covariance that is not positive to float64's digits
            raise self._unfit("they are too large or too alike for it") from error
        self.loc.copy_(loc.to(self.loc))
        self.logits.copy_(weights.clamp_min(LEAST_WEIGHT).log().to(self.loc))

    def _unfit(self, found: str) -> UserError:
        return UserError(
            f"prior.components={len(self.loc)}: are fitted to codes, and {found}: use fewer"
            " components, more data or a smaller optimizer.lr"
        )

    @abstractmethod
    def fit_covariances(self, codes: Tensor, starts: int, floor: float) -> tuple[Tensor, Tensor]:
        """Fit covariances to codes and take them; return the weights (K,) and means (K, D)."""
