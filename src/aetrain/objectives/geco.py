"""The least rate with which the distortion stays below a bound."""

import math
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

LOG_MULTIPLIER_BOUND = 10.0


@final
class Geco(Objective, Evolving):
    """`rate` and `constraint` = λ (distortion − N κ), each (B,), N the number of values of one x.

    After each batch log λ grows by `speed` times the moving average over batches of
    distortion / N − κ: the constraint weighs more while it is violated, less once it is met. λ
    begins at 1, where the gradient is the ELBO's, and stays within e^±10; 1/λ is the β of a
    β-VAE. `distortion` (B,) and `multiplier` = λ () are for the log. κ is in nats for each value
    of x, so that it means the same for pictures of any size; for a likelihood of fixed scale σ an
    error of e² for each value is κ = ½ (e/σ)² + log σ + ½ log 2π.

    Arguments:
        tolerance: κ, nats of distortion for each value of x; below 0 for sharp densities.
        speed: how fast log λ follows, above 0.
        momentum: of the moving average, from 0 to below 1.

    Raises:
        UserError: where speed or momentum are outside of their range.

    References:
        Rezende, Viola: Taming VAEs. 2018. https://arxiv.org/abs/1810.00597
    """

    log_multiplier: Tensor
    average: Tensor
    seen: Tensor

    replays = True

    def __init__(
        self, *, tolerance: float = 0.3, speed: float = 0.1, momentum: float = 0.99
    ) -> None:
        super().__init__()
        if not math.isfinite(tolerance):
            raise UserError(f"objective.tolerance={tolerance}: must be finite, such as 0.3 nats")
        if not speed > 0:
            raise UserError(f"objective.speed={speed}: must be above 0, such as 0.1")
        if not 0 <= momentum < 1:
            raise UserError(f"objective.momentum={momentum}: must be at least 0 and below 1")
        self.tolerance, self.speed, self.momentum = tolerance, speed, momentum
        self.register_buffer("log_multiplier", torch.tensor(0.0))
        self.register_buffer("average", torch.tensor(0.0))
        # of the present batch: the sum of distortion / N − κ, and the number of examples
        self.register_buffer("seen", torch.zeros(2), persistent=False)

    def forward(self, inference: Inference) -> Terms:
        """Return the terms."""
        x, q, z, p, prior = inference
        distortion = sample_mean(-p.log_prob(x))
        values = math.prod(p.event_shape)
        excess = distortion - values * self.tolerance
        self.seen[0].copy_(excess.detach().sum() / values)
        self.seen[1].fill_(len(excess))
        multiplier = self.log_multiplier.exp()
        return {
            "distortion": distortion,
            "rate": rate(q, z, prior),
            "constraint": multiplier * excess,
            "multiplier": multiplier,
        }

    def after_step(self, step: int, total: int, world: World) -> None:
        """Move the average and the multiplier."""
        violation, examples = world.sum(self.seen).unbind()
        self.average.lerp_(violation / examples, 1.0 if step == 1 else 1 - self.momentum)
        self.log_multiplier.add_(self.average, alpha=self.speed)
        self.log_multiplier.clamp_(-LOG_MULTIPLIER_BOUND, LOG_MULTIPLIER_BOUND)
