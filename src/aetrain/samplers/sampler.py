"""What draws codes once a model is trained."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, ReshapeTransform, TransformedDistribution

from aetrain.errors import UserError, choice

ROWS = 1000
"""Codes that are scored at once."""

MOST_BYTES = 2**30
"""Of what one sampler keeps."""


class Sampler(nn.Module, ABC):
    """A distribution of codes that is fitted after training, when the codes no longer move.

    The codes of a data set, draws of the aggregated posterior ∫ q(z|x) p(x) dx, are not spread as
    the prior is; a point code has no prior at all. What is fitted are buffers and parameters of
    shapes that depend on nothing but the arguments, so a checkpoint holds it.

    Arguments:
        event: shape of one code; one of several dimensions is handled as the vector of its values.
        codes: at most this many training codes are used.

    Raises:
        UserError: where `codes` is below 1.

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders.
        2020. https://arxiv.org/abs/1903.12436
    """

    real_only: bool = True
    """False where it draws codes that there were, so that they may lie anywhere."""

    def __init__(self, event: Sequence[int], *, codes: int = 100_000) -> None:
        super().__init__()
        if codes < 1:
            raise UserError(f"sampler.codes={codes}: must be at least 1")
        self.event, self.codes = torch.Size(event), codes

    @property
    def size(self) -> int:
        """D, the number of values of one code."""
        return self.event.numel()

    @property
    @abstractmethod
    def least(self) -> int:
        """The fewest codes that it can be fitted to."""

    @abstractmethod
    def learn(self, codes: Tensor) -> None:
        """Take up codes (N, D); randomness comes from torch's generators, nothing from before."""

    @abstractmethod
    def density(self) -> Distribution:
        """Return the distribution of vectors (D,), of batch shape ()."""

    @abstractmethod
    def score(self, codes: Tensor) -> Tensor | None:
        """Return log p(z) in nats or a bound below it, (N,), of codes (N, *event); or None."""

    def fit(self, codes: Tensor) -> None:
        """Fit it to codes (N, *event), whatever it was fitted to before.

        Raises:
            UserError: where they are too few, or not finite.
        """
        self.require(len(codes))
        if not codes.isfinite().all():
            raise UserError(
                f"sampler={choice(self)}: the codes are not finite; use a smaller optimizer.lr"
            )
        with torch.inference_mode(False), torch.enable_grad():
            self.learn(codes.detach().flatten(1))
        self.requires_grad_(False)

    def require(self, codes: int) -> None:
        """Refuse fewer codes than it can be fitted to.

        Raises:
            UserError: naming both numbers.
        """
        if codes < self.least:
            raise UserError(
                f"sampler={choice(self)} needs at least {self.least} codes and there are {codes}:"
                " use fewer components or more data, or sampler=prior"
            )

    def forward(self) -> Distribution:
        """Return the distribution of codes, event shape `event`, batch shape ()."""
        vectors = self.density()
        if len(self.event) == 1:
            return vectors
        shaped = ReshapeTransform(torch.Size((self.size,)), self.event)
        return TransformedDistribution(vectors, [shaped], validate_args=False)

    def extra_repr(self) -> str:
        """Show the event's shape in printed models."""
        return f"event={tuple(self.event)}"


def require_room(elements: int, what: str, remedy: str) -> None:
    """Refuse a state that no checkpoint should hold.

    Raises:
        UserError: where so many numbers take more than `MOST_BYTES`.
    """
    if 4 * elements > MOST_BYTES:
        raise UserError(f"{what} would take {4 * elements / 2**30:.1f} GiB: {remedy}")
