"""When pictures are drawn."""

from collections.abc import Iterator
from pathlib import Path
from typing import final

import pytorch_lightning as pl
import torch
from matplotlib.figure import Figure
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.errors import choice
from aetrain.figures.bars import rate_bars
from aetrain.figures.chart import chart
from aetrain.figures.denoising import denoising
from aetrain.figures.filters import filters, first_layer
from aetrain.figures.grid import decoded_grid
from aetrain.figures.plane import plane
from aetrain.figures.projection import project
from aetrain.figures.reconstructions import reconstructions
from aetrain.figures.samples import samples
from aetrain.seeding import SAMPLE, seed_torch

PLANE_EXAMPLES = 2000


@final
class Figures(pl.Callback):
    """Draws the same examples every few epochs, to TensorBoard and to <run>/figures.

    Arguments:
        path: directory of the pictures, which hold the newest state.
        every_n_epochs: epochs between two drawings; the last epoch is always drawn.
    """

    def __init__(self, path: Path, *, every_n_epochs: int = 10) -> None:
        self.path = Path(path)
        self.every_n_epochs = every_n_epochs
        self._drawn_at = -1

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw where it is time."""
        model = _model(pl_module)
        if trainer.state.fn == "fit" and (model.position.epoch + 1) % self.every_n_epochs == 0:
            self.draw(trainer, model)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the final state."""
        self.draw(trainer, _model(pl_module))

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw what the sampler draws, once it is fitted; `samples` shows the model's own."""
        model = _model(pl_module)
        if model.sampler is not None and trainer.is_global_zero:
            name = choice(model.sampler)
            seed_torch(model.device, SAMPLE, 0)
            figure = samples(_cpu(model.sample(64).mean), title=f"decodes of z ~ {name}")
            self._put(trainer, model, f"samples_{name}", figure)

    def draw(self, trainer: pl.Trainer, model: Autoencoder) -> None:
        """Draw every figure once for a step, in process 0, with the averaged weights."""
        if not trainer.is_global_zero or self._drawn_at == model.position.step:
            return
        self._drawn_at = model.position.step
        training = model.training
        model.eval()
        with model.averaged():
            for name, figure in draw_all(model):
                self._put(trainer, model, name, figure)
        model.train(training)

    def _put(self, trainer: pl.Trainer, model: Autoencoder, name: str, figure: Figure) -> None:
        self.path.mkdir(exist_ok=True)
        figure.savefig(self.path / f"{name}.png")
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                # the object interface of matplotlib: the figure belongs to no global list
                logger.experiment.add_figure(name, figure, model.position.step, close=False)


@torch.no_grad()
def draw_all(model: Autoencoder) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the figure of each picture of a model, always of the same examples."""
    seed_torch(model.device, SAMPLE, 0)
    yield "samples", samples(_cpu(model.sample(64).mean), title="decodes of z ~ p(z)")
    if model.encodes:
        yield from _of_codes(model)


def _of_codes(model: Autoencoder) -> Iterator[tuple[str, Figure]]:
    """Yield the pictures that need an encoder."""
    data = model.data
    batch = data.first("valid", PLANE_EXAMPLES, model.device)
    x = batch["x"].to(model.dtype)
    few = x[:16]
    yield (
        "reconstructions",
        reconstructions(_cpu(few), _cpu(model.reconstruct(few)), title="validation examples"),
    )
    if model.denoises:
        seed_torch(model.device, SAMPLE, 1)
        noisy = data.corrupt({"x": few})["x"]
        denoised = _cpu(model.reconstruct(noisy))
        yield "denoising", denoising(_cpu(few), _cpu(noisy), denoised, title="validation examples")
    codes = _cpu(torch.cat([model.encode(part).mean for part in x.split(500)]).flatten(1))
    of_space = chart(model.encode(few))
    points, explained = project(codes)
    labels = batch.get("y")
    yield (
        "latent_plane",
        plane(
            points,
            None if labels is None else labels.cpu(),
            classes=data.classes,
            explained=explained,
            prior=model.tally.rates is not None,
            rim=of_space.rim if codes.shape[1] == 2 else None,
        ),
    )
    if codes.shape[1] == 2 and (place := of_space.place) is not None:
        yield (
            "latent_grid",
            decoded_grid(
                lambda u: _cpu(model.decode(_codes(place(u), model)).mean), names=of_space.names
            ),
        )
    if (weights := first_layer(model, few)) is not None:
        yield "filters", filters(weights)
    if (rates := model.tally.rates) is not None:
        yield "rates", rate_bars(rates.float(), active=model.tally.active)


def _codes(z: Tensor, model: Autoencoder) -> Tensor:
    return z.to(model.device).type(model.dtype).unflatten(1, model.latent)


def _cpu(x: Tensor) -> Tensor:
    return x.detach().float().cpu()


def _model(module: pl.LightningModule) -> Autoencoder:
    assert isinstance(module, Autoencoder)
    return module
