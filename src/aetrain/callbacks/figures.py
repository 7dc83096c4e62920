"""When pictures are drawn."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, final

import pytorch_lightning as pl
import torch
from matplotlib.figure import Figure
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.conditioning.conditioning import Conditioning
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import choice
from aetrain.evaluation.styles import changed_classes, drawn_styles
from aetrain.figures.bars import rate_bars
from aetrain.figures.chart import chart
from aetrain.figures.classes import classes
from aetrain.figures.denoising import denoising
from aetrain.figures.filters import filters, first_layer
from aetrain.figures.grid import decoded_grid
from aetrain.figures.plane import plane
from aetrain.figures.projection import project
from aetrain.figures.reconstructions import reconstructions
from aetrain.figures.samples import samples
from aetrain.figures.saved import Vectors, publish
from aetrain.player import Batch
from aetrain.seeding import SAMPLE, seed_torch

PLANE_EXAMPLES = 2000
STYLES, MOST_CLASSES = 8, 15


@final
class Figures(pl.Callback):
    """Draws the same examples every few epochs, to TensorBoard and to <run>/figures.

    Arguments:
        path: directory of the pictures, which hold the newest state.
        every_n_epochs: epochs between two drawings; the last epoch is always drawn.
        also: kind of a file of vectors beside each .png.
    """

    def __init__(
        self, path: Path, *, every_n_epochs: int = 10, also: Vectors | None = None
    ) -> None:
        self.path = Path(path)
        self.also: Vectors | None = also
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
            figure = _samples(model, f"decodes of z ~ {name}")
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
        loggers = [one for one in trainer.loggers if isinstance(one, TensorBoardLogger)]
        writers = [logger.experiment for logger in loggers]
        publish(figure, self.path / f"{name}.png", writers, model.position.step, also=self.also)


@torch.no_grad()
def draw_all(model: Autoencoder) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the figure of each picture of a model, always of the same examples."""
    yield "samples", _samples(model, "decodes of z ~ p(z)")
    if model.conditioning is not None and model.conditioning.labels:
        yield "styles", _styles(model, model.conditioning.classes)
    if model.encodes:
        yield from _of_codes(model)


def _of_codes(model: Autoencoder) -> Iterator[tuple[str, Figure]]:
    """Yield the pictures that need an encoder."""
    data = model.data
    batch = data.first("valid", PLANE_EXAMPLES, model.device)
    x = batch["x"].to(model.dtype)
    few = x[:16]
    with model.conditioned(_rows(batch, slice(16))):
        reconstructed, of_space = _cpu(model.reconstruct(few)), chart(model.encode(few))
        seed_torch(model.device, SAMPLE, 1)
        noisy = data.corrupt({"x": few})["x"] if model.denoises else few
        denoised = _cpu(model.reconstruct(noisy)) if model.denoises else reconstructed
    yield "reconstructions", reconstructions(_cpu(few), reconstructed, title="validation examples")
    if model.denoises:
        yield "denoising", denoising(_cpu(few), _cpu(noisy), denoised, title="validation examples")
    conditioning = model.conditioning if model.decodes_condition else None
    if conditioning is not None and conditioning.labels:
        some = _rows({**batch, "x": x}, slice(STYLES))
        yield "classes", _classes(model, some, conditioning)
    codes = _cpu(_codes_of(model, {**batch, "x": x}).flatten(1))
    points, explained = project(codes)
    labels = batch.get("y")
    yield (
        "latent_plane",
        plane(
            points,
            None if labels is None else labels.cpu(),
            classes=data.classes,
            explained=explained,
            title=f"codes of {len(points)} validation examples",
            **_prior_beside(model, batch, codes),
            rim=of_space.rim if codes.shape[1] == 2 else None,
        ),
    )
    if codes.shape[1] == 2 and (place := of_space.place) is not None:
        yield (
            "latent_grid",
            decoded_grid(
                partial(_decoded, model, place), names=of_space.names, title=_grid_title(model)
            ),
        )
    with model.conditioned(_rows(batch, slice(16))):
        weights = first_layer(model, few)
    if weights is not None:
        yield "filters", filters(weights)
    if (rates := model.evaluator.tally.rates) is not None:
        yield "rates", rate_bars(rates.float(), active=model.evaluator.tally.active)


def _samples(model: Autoencoder, title: str) -> Figure:
    """Draw samples; of a conditional model, of a class in each column."""
    seed_torch(model.device, SAMPLE, 0)
    if (conditioning := model.conditioning) is None:
        return samples(_cpu(model.sample(64).mean), title=title)
    labels, columns = conditioning.shown(64)
    x = _cpu(model.sample(len(labels), labels.to(model.device)).mean)
    names = _names(model, range(columns))
    return samples(x, title=f"{title}, a class in each column", names=names)


def _styles(model: Autoencoder, number: int) -> Figure:
    """Draw styles of the prior under each class."""
    shown = range(min(number, MOST_CLASSES))
    x = _cpu(drawn_styles(model, STYLES, shown, seed=0))
    return classes(x, title="a style in each row", names=_names(model, shown))


def _classes(model: Autoencoder, batch: Batch, conditioning: Conditioning) -> Figure:
    """Draw examples, and beside each its style under each class."""
    shown = range(min(conditioning.classes, MOST_CLASSES))
    own = None if model.sets_condition else conditioning.of_batch(batch)
    x = _cpu(changed_classes(model, batch["x"], own, shown))
    title = "examples, and their styles under each class"
    return classes(x, title=title, names=_names(model, shown), examples=_cpu(batch["x"]))


def _names(model: Autoencoder, shown: Sequence[int]) -> list[str]:
    return [model.data.classes[k] if k < len(model.data.classes) else str(k) for k in shown]


def _codes_of(model: Autoencoder, batch: Batch) -> Tensor:
    """Return the codes of a large batch, (N, *latent)."""
    codes = list[Tensor]()
    for start in range(0, len(batch["x"]), 500):
        part = _rows(batch, slice(start, start + 500))
        with model.conditioned(part):
            codes.append(model.encode(part["x"]).mean)
    return torch.cat(codes)


def _prior_beside(model: Autoencoder, batch: Batch, codes: Tensor) -> dict[str, Any]:
    """Return how a plane of codes (N, D) shows p(z): a standard normal by circles, else by draws.

    Of codes of more than two numbers the plane is a projection, and draws are left out; a model
    without a rate does not hold its codes to a standard normal, of which there are no circles then.
    """
    rated, flat = model.evaluator.tally.rates is not None, codes.shape[1] == 2
    if not (rated or flat):
        return {"prior": False}
    seed_torch(model.device, SAMPLE, 2)
    with model.conditioned(batch):
        prior = model.codes()
        if rated and isinstance(prior, StandardNormal):
            return {"prior": True}
        if not flat:
            return {"prior": False}
        # a conditional prior has a distribution for each example
        z = prior.sample() if prior.batch_shape else prior.sample((PLANE_EXAMPLES,))
    return {"prior": False, "drawn": _cpu(z.flatten(1))}


def _rows(batch: Batch, rows: slice) -> Batch:
    return {name: x[rows] for name, x in batch.items()}


def _grid_title(model: Autoencoder) -> str:
    title = "decodes at equal steps of the probability of N(0, I)"
    if (conditioning := model.conditioning) is None or not conditioning.labels:
        return title
    return f"{title}, class {_names(model, [0])[0]}"


def _decoded(model: Autoencoder, place: Callable[[Tensor], Tensor], u: Tensor) -> Tensor:
    """Return decodes of places of the plane; of a conditional model, those of its first class."""
    z = _codes(place(u), model)
    with model.under(None if model.conditioning is None else 0, len(z)):
        return _cpu(model.decode(z).mean)


def _codes(z: Tensor, model: Autoencoder) -> Tensor:
    return z.to(model.device).type(model.dtype).unflatten(1, model.latent)


def _cpu(x: Tensor) -> Tensor:
    return x.detach().float().cpu()


def _model(module: pl.LightningModule) -> Autoencoder:
    assert isinstance(module, Autoencoder)
    return module
