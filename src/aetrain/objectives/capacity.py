"""The rate held at a value that grows."""

from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.objectives.inference import Inference
from aetrain.objectives.objective import Objective
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.world import World


@final
class Capacity(Objective, Evolving):
    """`distortion` (B,) and `capacity` = |mean of the rate over the batch − C(t)|, ().

    C(t) rises linearly from 0 to its last value over the first batches, so that dimensions come
    into use one after another. `rate` (B,) is for the log. Of several processes each takes the
    mean of its part.

    Arguments:
        capacity: the last value of C in nats, at least 0.
        warmup: batches until then.

    Raises:
        UserError: where one of them is below 0.

    References:
        Burgess et al.: Understanding disentangling in β-VAE. 2018.
        https://arxiv.org/abs/1804.03599
    """

    allowed: Tensor

    replays = True

    def __init__(self, *, capacity: float = 25.0, warmup: int = 10_000) -> None:
        super().__init__()
        if not capacity >= 0:
            raise UserError(f"objective.capacity={capacity}: must be at least 0, such as 25 nats")
        if not warmup >= 0:
            raise UserError(f"objective.warmup={warmup}: must be at least 0, such as 10000 batches")
        self.capacity, self.warmup = capacity, warmup
        self.register_buffer("allowed", torch.tensor(self.at(0)))

    def at(self, step: int) -> float:
        """Return C after a number of batches."""
        return self.capacity * min(1.0, step / self.warmup) if self.warmup else self.capacity

    def forward(self, inference: Inference) -> Terms:
        """Return the terms."""
        x, q, z, p, prior = inference
        nats = rate(q, z, prior)
        distance = (nats.mean() - self.allowed).abs()
        return {"distortion": sample_mean(-p.log_prob(x)), "rate": nats, "capacity": distance}

    def after_step(self, step: int, total: int, world: World) -> None:
        """Let C rise."""
        self.allowed.fill_(self.at(step))
