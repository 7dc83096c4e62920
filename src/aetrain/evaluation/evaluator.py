"""What a model's validation and test add up, block by block."""

from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from aetrain.data.module import DataModule
from aetrain.evaluation.denoising import with_denoising
from aetrain.evaluation.each import Each
from aetrain.evaluation.squared_error import squared_error
from aetrain.evaluation.tally import Report, Tally
from aetrain.loggers.writing import write
from aetrain.player import Batch
from aetrain.seeding import EVALUATE, seed_torch

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder

MOST_DIMENSIONS = 256
"""Latent dimensions that have a curve each; of more, nobody would look at one."""


@final
class Evaluator:
    """The sums of the evaluation that goes on, and the figures of the last one.

    Arguments:
        nll_samples: K of the test's importance-sampled log p(x); 0 leaves it out.

    Attributes:
        tally: the sums.
        figures: `<prefix>/<name>` -> value.
        examples: of the test, name -> the figure of each example, (N,).
    """

    def __init__(self, nll_samples: int = 0) -> None:
        self.nll_samples = nll_samples
        self.tally, self._each = Tally(), Each()
        self.figures: dict[str, float] = {}
        self.examples: dict[str, Tensor] = {}

    def begin(self) -> None:
        """Begin new sums."""
        self.tally, self._each = Tally(), Each()

    def add(self, model: "Autoencoder", split: str, number: int, batch: Batch) -> None:
        """Add a block of a split; that of the test with its log p(x), and example by example."""
        if split != "test":
            self.tally.add(*judged(model, model.data, batch, number, 0))
            return
        found = judged(model, model.data, batch, number, self.nll_samples)
        self.tally.add(*found)
        self._each.add(number, *found)

    def finish(self, model: "Autoencoder", prefix: str) -> None:
        """Join what all processes have, and write the figures to callbacks and loggers."""
        self.tally.reduce(model.world, model.device)
        if prefix == "test":
            self.examples = self._each.gathered(model.world)
        figures = self.tally.figures(model.data.event.numel(), model.data.bits_offset)
        self.figures = {f"{prefix}/{name}": value for name, value in figures.items()}
        # for callbacks that watch a figure; what goes to the loggers is written with our own count
        model.log_dict(self.figures, logger=False, sync_dist=False)
        write(model, self.figures | self._by_dimension(prefix))

    def _by_dimension(self, prefix: str) -> dict[str, float]:
        rates = self.tally.rates
        if rates is None or len(rates) > MOST_DIMENSIONS:
            return {}
        return {f"{prefix}_rate/{d:03d}": rate for d, rate in enumerate(rates.tolist())}


@torch.no_grad()
def judged(
    model: "Autoencoder", data: DataModule, batch: Batch, number: int, nll_samples: int
) -> tuple[Report, dict[str, Tensor] | None]:
    """Return what a block adds to an evaluation's sums, a function of its number and the seed.

    Arguments:
        model: to be judged.
        data: what the block is of, which says how it is corrupted.
        batch: the clean block.
        number: of the block.
        nll_samples: K of log p(x); 0 leaves it out.
    """
    seed_torch(model.device, EVALUATE, model.seed, number)
    with model.conditioned(batch):
        report = model.report(batch)
        log_p = model.log_prob(batch["x"], nll_samples) if nll_samples > 0 else None
        # stages in between that see no noise are not asked about it
        if model.denoises and (model.stage.corrupted or model.stage is model.stages[-1]):
            report = _denoising(model, data, report, batch, number)
    return report, None if log_p is None else {"nll": -log_p}


def _denoising(
    model: "Autoencoder", data: DataModule, report: Report, batch: Batch, number: int
) -> Report:
    """Add to the figures of the clean batch those of a corrupted one, of seeded noise."""
    seed_torch(model.device, EVALUATE, model.seed, number, 1)
    noisy = data.corrupt(batch)
    p = model.decode(model.encode(noisy["x"]).mean)
    return with_denoising(report, model.report(noisy), squared_error(p, noisy["target"]))
