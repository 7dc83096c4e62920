"""The aggregated posterior itself, as a sample of it."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.empirical import Empirical
from aetrain.samplers.sampler import Sampler, require_room


@final
class Aggregate(Sampler):
    """1/n Σᵢ δ(z − zᵢ) with zᵢ ~ q(z|xᵢ): codes of random training examples, kept as they are.

    It has no density, and no draw is new: what it shows is what the decoder makes of codes that
    are spread exactly as the codes are.

    Arguments:
        event: shape of one code.
        codes: n at most; all are kept.

    Raises:
        UserError: where the codes would fill the memory.

    References:
        Tomczak, Welling: VAE with a VampPrior. 2018. https://arxiv.org/abs/1705.07120
    """

    real_only = False
    points: Tensor
    count: Tensor

    def __init__(self, event: Sequence[int], *, codes: int = 10_000) -> None:
        super().__init__(event, codes=codes)
        require_room(
            codes * self.size,
            f"sampler.codes={codes}: codes of {self.size} numbers",
            "use fewer, such as sampler.codes=1000",
        )
        self.register_buffer("points", torch.zeros(codes, self.size))
        self.register_buffer("count", torch.ones((), dtype=torch.int64))

    @property
    def least(self) -> int:
        """One."""
        return 1

    def learn(self, codes: Tensor) -> None:
        """Keep the codes, or a random part of them where they are too many."""
        n = min(len(codes), self.codes)
        chosen = torch.randperm(len(codes))[:n] if len(codes) > n else torch.arange(n)
        self.points.zero_()
        self.points[:n] = codes[chosen.to(codes.device)].to(self.points)
        self.count.fill_(n)

    def density(self) -> Empirical:
        """Return the distribution of one of the codes."""
        return Empirical(self.points, self.count)

    def score(self, codes: Tensor) -> None:
        """Return None: points have no density."""
