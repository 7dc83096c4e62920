"""A class and a code as one vector."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution
from torch.nn.functional import one_hot

from aetrain.conditioning.condition import Condition
from aetrain.priors.prior import Prior


@final
class JointPosterior(Distribution):
    """q(y|x) q(z|x, y) of w = (y, z), y one of K unit vectors.

    Arguments:
        classes: q(y|x), batch shape (B,).
        codes: q(z|x, y) for every class, batch shape (K·B,), class after class.
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, classes: Categorical, codes: Distribution) -> None:
        self.classes, self.codes = classes, codes
        (batch, self.number), (size,) = classes.logits.shape, codes.event_shape
        super().__init__(
            torch.Size((batch,)), torch.Size((self.number + size,)), validate_args=False
        )

    @property
    def mean(self) -> Tensor:
        """The classes' probabilities, and the mean of z over them, (B, K + D)."""
        p = self.classes.probs
        each = self.codes.mean.unflatten(0, (self.number, -1))
        return torch.cat([p, torch.einsum("bk,kbd->bd", p.to(each.dtype), each)], -1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, B, K + D)."""
        shape = torch.Size(sample_shape)
        y = self.classes.sample(shape)
        every = self.codes.sample(shape).unflatten(len(shape), (self.number, -1))
        place = y[..., None, :, None].expand(*shape, 1, *every.shape[-2:])
        z = every.gather(-3, place).squeeze(-3)
        return torch.cat([one_hot(y, self.number).to(z.dtype), z], -1)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log q(y|x) + log q(z|x, y), (..., B), for w (..., B, K + D)."""
        y, z = value[..., : self.number], value[..., self.number :]
        every = z.unsqueeze(-3).expand(*z.shape[:-2], self.number, *z.shape[-2:]).flatten(-3, -2)
        each = self.codes.log_prob(every).unflatten(-1, (self.number, -1)).movedim(-2, -1)
        return (y * (each + self.classes.logits)).sum(-1)


@final
class JointPrior(Distribution):
    """1/K p(z|y) of w = (y, z), y one of K unit vectors; where a condition is given, y is that.

    Arguments:
        prior: p(z|y), or p(z).
        condition: y.
    """

    arg_constraints = {}  # pyright: ignore

    def __init__(self, prior: Prior, condition: Condition) -> None:
        self.prior, self.condition = prior, condition
        self.number = condition.shape.numel()
        size = self.number + prior.event.numel()
        super().__init__(torch.Size(), torch.Size((size,)), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, K + D)."""
        shape = torch.Size(sample_shape)
        with torch.no_grad():
            with self.condition.none():
                like = self.prior().sample()
            y = self.condition.present
            if y is None:
                drawn = torch.randint(self.number, (shape.numel(),), device=like.device)
                y = one_hot(drawn, self.number)
            y = y.to(like).expand(shape.numel(), -1)
            with self.condition.given(y):
                p = self.prior()
                z = p.sample() if p.batch_shape else p.sample(torch.Size((shape.numel(),)))
            return torch.cat([y, z], -1).reshape(*shape, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z|y) − log K, (...), for w (..., K + D)."""
        y, z = (part.flatten(0, -2) for part in value.tensor_split([self.number], -1))
        with self.condition.given(y):
            found = self.prior().log_prob(z)
        return found.reshape(value.shape[:-1]) - math.log(self.number)
