"""A discriminator with its loss and what steadies it: one side of every adversarial game."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.adversarial.outcome import Outcome, remedies_of
from aetrain.adversarial.slope import between, squared_slope
from aetrain.conditional import Network
from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.families import full_precision
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.regularisers.spectral_norm import normalise_layers
from aetrain.world import World

AdversaryMaker = Callable[..., "Adversary"]
"""(network, shapes of what is marked and of the conditions, name="") -> Adversary."""


@final
class Adversary(Evolving):
    """A network D that marks examples, and the costs on both sides.

    What is marked is one tensor for each example or several; with `name` there may be several
    games in one model, whose terms are `<name>_real` and so on.

    Terms of the discriminator: `real` and `fake`, its costs; `r1` = ½ |∇D(x)|² at real examples
    and `gradient_penalty` = (|∇D(x̂)| − 1)² between real ones and fakes, where they weigh
    something. `accuracy_real` and `accuracy_fake`, the part of each that it tells, weigh nothing.
    Term of its adversary: `adversarial`.

    Arguments:
        network: makes D once the shapes are known.
        given: shapes of what is marked, and then of what it is marked in the light of.
        name: before the names of the terms.
        loss: the costs.
        noise: standard deviation of Gaussian noise on all that is marked, which falls to 0,
            linearly, until the last step of the run; it stays where the run has no such step.
        r1: weight of the penalty on the slope at real examples.
        gradient_penalty: weight of the penalty on slopes other than 1 between both.
        spectral_norm: whether the layers of D have spectral norm 1.
        rate: learning rate of the discriminator, over that of `optimizer`.
        updates: steps of the discriminator for each one of its adversary.

    Raises:
        UserError: where a number is out of its range, or nothing bounds the slope of a
            discriminator that needs it.

    References:
        Sønderby, Caballero, Theis, Shi, Huszár: Amortised MAP inference for image
        super-resolution (instance noise). 2017. https://arxiv.org/abs/1610.04490
        Mescheder, Geiger, Nowozin: Which training methods for GANs do actually converge? (R1).
        2018. https://arxiv.org/abs/1801.04406
        Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville: Improved training of Wasserstein GANs
        (gradient penalty). 2017. https://arxiv.org/abs/1704.00028
        Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale
        update rule. 2017. https://arxiv.org/abs/1706.08500
    """

    noise_left: Tensor

    replays = True

    def __init__(
        self,
        network: Network,
        given: Sequence[Sequence[int]],
        name: str = "",
        *,
        loss: AdversarialLoss | None = None,
        noise: float = 0.0,
        r1: float = 0.0,
        gradient_penalty: float = 0.0,
        spectral_norm: bool = False,
        rate: float = 1.0,
        updates: int = 1,
    ) -> None:
        super().__init__()
        self.loss = NonSaturating() if loss is None else loss
        _require_range(noise=noise, r1=r1, gradient_penalty=gradient_penalty)
        if not 0 < rate < math.inf or updates < 1:
            key, value = ("updates", updates) if updates < 1 else ("rate", rate)
            raise UserError(f"adversary.{key}={value}: must be above 0 and finite, such as 1")
        if not (self.loss.bounded or gradient_penalty or spectral_norm):
            raise UserError(
                "adversary=wasserstein: its marks run away where nothing bounds the slope; use"
                " adversary.gradient_penalty=10 or adversary.spectral_norm=true"
            )
        self.network = network([torch.Size(shape) for shape in given], torch.Size((1,)))
        if spectral_norm:
            normalise_layers(self.network, 1, "adversary.spectral_norm: the discriminator")
        self.prefix = f"{name}_" if name else ""
        self.noise, self.rate, self.updates = noise, rate, updates
        self.r1, self.gradient_penalty = r1, gradient_penalty
        self.remedies = remedies_of(
            noise=noise,
            r1=r1,
            gradient_penalty=gradient_penalty,
            spectral_norm=spectral_norm,
            updates=updates,
        )
        self.register_buffer("noise_left", torch.tensor(1.0))

    def forward(self, *given: Tensor) -> Tensor:
        """Return marks (B,) of examples (B, *shape), one tensor for each shape in `given`."""
        return full_precision(self.network(*given)).squeeze(1)

    def player(self, terms: Callable[[Batch], Terms], idle: Sequence[str] = ()) -> Player:
        """Return the discriminator as a player whose terms are `discrimination` of some batch.

        Arguments:
            terms: from a batch to its terms.
            idle: those that are figures for the log.
        """
        weights = {**self.weights, **dict.fromkeys(idle, 0.0)}
        return Player([self], terms, rate=self.rate, weights=weights, outcomes=self.outcomes)

    @property
    def outcomes(self) -> list[Outcome]:
        """How its game may end, and what may be tried then that is not set already."""
        return [replace(end, prefix=self.prefix) for end in self.loss.outcomes(self.remedies)]

    @property
    def weights(self) -> Mapping[str, float]:
        """What its terms weigh where `objective.weights` says nothing else."""
        own = {"r1": self.r1, "gradient_penalty": self.gradient_penalty}
        own |= {"accuracy_real": 0.0, "accuracy_fake": 0.0}
        return {f"{self.prefix}{name}": weight for name, weight in own.items()}

    def discrimination(
        self, real: Sequence[Tensor], fake: Sequence[Tensor], conditions: Sequence[Tensor] = ()
    ) -> Terms:
        """Return the terms of the discriminator, each (B,).

        Arguments:
            real: real examples (B, *shape), one tensor for each thing that is marked.
            fake: fakes of the same shapes, without gradients; or several sets of them, one after
                another, (k B, *shape), of which the costs add up, or have their mean where only
                differences of marks count.
            conditions: what all are marked in the light of, (B, *shape).
        """
        real, fake = self._blurred(real), self._blurred(fake)
        b, sets = len(real[0]), len(fake[0]) // len(real[0])
        # one pass for all: no layer of ours looks across a batch
        all_of_them = [torch.cat([x, y]) for x, y in zip(real, fake, strict=True)]
        marks = self(*all_of_them, *[torch.cat([c] * (1 + sets)) for c in conditions])
        of_real, of_fake = marks[:b], marks[b:].reshape(sets, b)
        costs = self.loss.fake(of_fake)
        # a mark without a zero of its own must cost nothing where all rise alike
        joined = costs[0] if sets == 1 else costs.sum(0) if self.loss.bounded else costs.mean(0)
        terms = {"real": self.loss.real(of_real), "fake": joined}
        if self.r1:
            terms["r1"] = 0.5 * squared_slope(lambda *x: self(*x, *conditions), real)
        if self.gradient_penalty:
            slope = squared_slope(
                lambda *x: self(*x, *conditions), between(real, _one_of(fake, sets))
            )
            # an infinite derivative at slope 0 would spoil the mean
            terms["gradient_penalty"] = ((slope + 1e-12).sqrt() - 1).square()
        return self._named({**terms, **self.accuracy(of_real, of_fake)})

    def deception(self, fake: Sequence[Tensor], conditions: Sequence[Tensor] = ()) -> Terms:
        """Return the term of who makes the fakes, (B,), with a gradient in them."""
        marks = self(*self._blurred(fake), *conditions)
        return self._named({"adversarial": self.loss.adversary(marks)})

    def evasion(self, real: Sequence[Tensor], conditions: Sequence[Tensor] = ()) -> Tensor:
        """Return what who makes real ones pays that are to be taken for fakes, (B,).

        It is what who makes fakes pays for marks as far on the other side of the boundary.
        """
        marks = self(*self._blurred(real), *conditions)
        return self.loss.adversary(2 * (self.loss.boundary or 0.0) - marks)

    @torch.no_grad()
    def accuracy(self, of_real: Tensor, of_fake: Tensor) -> dict[str, Tensor]:
        """Return which marks are on their own side of the boundary, as 0 and 1, each (B,).

        Arguments:
            of_real: (B,).
            of_fake: (B,), or (k, B) of which the mean over k is returned.
        """
        boundary = self.loss.boundary
        middle = 0.5 * (of_real.mean() + of_fake.mean()) if boundary is None else boundary
        right = (of_fake <= middle).to(of_real.dtype)
        told = right if right.dim() == 1 else right[0] if len(right) == 1 else right.mean(0)
        return {"accuracy_real": (of_real > middle).to(of_real.dtype), "accuracy_fake": told}

    def after_step(self, step: int, total: int, world: World) -> None:
        """Let the noise fall."""
        if self.noise:
            self.noise_left.fill_(max(0.0, 1 - step / total))

    def _blurred(self, x: Sequence[Tensor]) -> Sequence[Tensor]:
        if not (self.noise and self.training):
            return x
        scale = self.noise * self.noise_left
        return [one + scale * torch.randn_like(one) for one in x]

    def _named(self, terms: Mapping[str, Tensor]) -> Terms:
        return {f"{self.prefix}{name}": term for name, term in terms.items()}


def _one_of(fakes: Sequence[Tensor], sets: int) -> Sequence[Tensor]:
    """Return a fake for each example, from any of its sets: (k B, *shape) -> (B, *shape)."""
    if sets == 1:
        return fakes
    b, device = len(fakes[0]) // sets, fakes[0].device
    rows = torch.randint(sets, (b,), device=device) * b + torch.arange(b, device=device)
    return [x[rows] for x in fakes]


def _require_range(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 <= number < math.inf:
            raise UserError(f"adversary.{name}={number}: must be at least 0 and finite")
