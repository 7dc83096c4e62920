"""Where the features of each class are, on average."""

from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.objectives.terms import OfMean
from aetrain.world import World

TINY = 1e-12


@final
class ClassCentres(Evolving):
    """Moving averages of the features of real examples, class by class.

    A batch has few examples of each class, and a centre of a few is pulled towards by what is made
    as if its noise were to be learned. So after each step Nₖ ← γ Nₖ + nₖ and Sₖ ← γ Sₖ + sₖ, with
    nₖ the share of the batch's examples that are of class k and sₖ the sum of their features over
    the batch's size. Both are buffers.

    Arguments:
        classes: K.
        features: F.
        decay: γ.

    Raises:
        UserError: where γ is out of its range.
    """

    shares: Tensor
    sums: Tensor

    def __init__(self, classes: int, features: int, *, decay: float = 0.9) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise UserError(f"model.decay={decay}: must be at least 0 and below 1, such as 0.9")
        self.decay = decay
        self.register_buffer("shares", torch.zeros(classes))
        self.register_buffer("sums", torch.zeros(classes, features))
        self._seen: tuple[Tensor, Tensor] | None = None

    def apart(self, made: Tensor, real: Tensor, classes: Tensor) -> OfMean:
        """Return ½ Σₖ |m̃ₖ − mₖ|², m̃ₖ the batch's mean of what was made, mₖ the centre so far.

        The centre counts the present batch as well. Classes that are not in it cost nothing.

        Arguments:
            made: features (B, F), with a gradient.
            real: features (B, F) of real examples of the same classes.
            classes: (B, K), one-hot, or zeros for an example without a class.
        """
        real, classes = real.detach(), classes.to(made.dtype)
        if self.training and torch.is_grad_enabled():
            self._seen = real, classes
        values = torch.cat([classes, _by_class(made, classes), _by_class(real, classes)], 1)
        shares, sums = self.decay * self.shares, self.decay * self.sums

        def cost(mean: Tensor) -> Tensor:
            n, own, seen = mean.split([len(shares), sums.numel(), sums.numel()])
            centre = (sums + seen.view_as(sums)) / (shares + n).clamp_min(TINY).unsqueeze(1)
            apart = own.view_as(sums) / n.clamp_min(TINY).unsqueeze(1) - centre
            return 0.5 * (apart.square().sum(1) * (n > 0)).sum()

        return OfMean(values, cost)

    @torch.no_grad()
    def after_step(self, step: int, total: int, world: World) -> None:
        """Follow the features of the batch, of all processes."""
        if self._seen is None:
            return
        (real, classes), self._seen = self._seen, None
        found = torch.cat([classes.T.sum(1, keepdim=True), classes.T @ real], 1)
        size = torch.full_like(found[:1], len(real))
        found = world.sum(torch.cat([found, size])).to(self.sums)
        shares, sums = (found[:-1] / found[-1]).split([1, real.shape[1]], 1)
        self.shares.mul_(self.decay).add_(shares.squeeze(1))
        self.sums.mul_(self.decay).add_(sums)


def _by_class(features: Tensor, classes: Tensor) -> Tensor:
    """Return the features in the place of their class, and zeros in the others, (B, K F)."""
    return (classes.unsqueeze(2) * features.unsqueeze(1)).flatten(1)
