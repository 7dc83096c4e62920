"""A model of two stages, for the tests of the frame: codes first, then a density of them."""

from collections.abc import Mapping
from typing import Any, final

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.errors import Interrupted
from aetrain.evaluation.tally import Report
from aetrain.evolving import Evolving
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.stage import Stage
from aetrain.world import World


@final
class Count(Evolving):
    """Counts the steps that it is told of."""

    steps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("steps", torch.zeros(2))

    def after_step(self, step: int, total: int, world: World) -> None:
        self.steps[1] = step
        self.steps[0] += 1


@final
class TwoStages(Autoencoder):
    """Trains encoder and decoder, then a Gaussian of the codes."""

    begun: Tensor

    def __init__(
        self, encoder: Conditional, decoder: Conditional, epochs: int | None = None
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.loc = nn.Parameter(torch.zeros(encoder.event))
        self.log_scale = nn.Parameter(torch.zeros(encoder.event))
        self.count = Count()
        self.stages = (Stage("codes"), Stage("density", epochs))
        self.register_buffer("begun", torch.zeros(2))

    def begin_stage(self, data: DataModule) -> None:
        self.begun[self.position.stage] += 1

    def players(self) -> Mapping[str, Player]:
        if self.position.stage == 0:
            return {"codes": Player([self.encoder, self.decoder], self.distortion)}
        return {"density": Player([_Own(self.loc, self.log_scale)], self.rate)}

    def distortion(self, batch: Batch) -> Terms:
        x = batch["x"]
        return {"distortion": -self.decoder(self.encoder(x).mean).log_prob(x)}

    def rate(self, batch: Batch) -> Terms:
        return {"rate": -self.codes().log_prob(self.encoder(batch["x"]).mean.detach())}

    @property
    def latent(self) -> torch.Size:
        return self.encoder.event

    def encode(self, x: Tensor) -> Distribution:
        return self.encoder(x)

    def decode(self, z: Tensor) -> Distribution:
        return self.decoder(z)

    def codes(self) -> Distribution:
        return DiagonalNormal(self.loc, self.log_scale, 1)

    def report(self, batch: Batch) -> Report:
        terms = self.distortion(batch) if self.position.stage == 0 else self.rate(batch)
        costs: Any = dict(terms)
        return Report(costs, self.encoder(batch["x"]).mean, None)


class _Own(nn.Module):
    def __init__(self, *parameters: nn.Parameter) -> None:
        super().__init__()
        self.own = nn.ParameterList(parameters)


@final
class Stop(pl.Callback):
    """Stops the run as a signal would, after a number of batches in all."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *rest: Any) -> None:
        if pl_module.position.step == self.step:
            raise Interrupted(2)
