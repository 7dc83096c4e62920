"""What TensorBoard is given beside a run's curves and pictures."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from torch.utils.tensorboard import SummaryWriter

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.figures.rate_distortion import rate_distortion
from aetrain.figures.saved import Vectors, publish
from aetrain.review.examples import Examples, gathered
from aetrain.review.layout import layout_of
from aetrain.review.page import configuration, results_page
from aetrain.review.precision_recall import add_precision_recall
from aetrain.review.projector import write_projector
from aetrain.run import Run


@dataclass(frozen=True)
class Finished:
    """A run that has been tested.

    Attributes:
        run: its directory.
        config: its configuration.
        model: with the weights that were tested, in evaluation mode.
        data: its data, loaded.
        results: what results.json holds.
    """

    run: Run
    config: Mapping[str, Any]
    model: Autoencoder
    data: DataModule
    results: Mapping[str, Any]


@final
class Review:
    """Lays out the curves when a run begins, and adds pages once it has been tested.

    Arguments:
        examples: test examples at most whose codes are shown and whose classes are told.
        layout: custom scalars: the bound, its terms, the players' costs and the speed first.
        projector: the codes, with classes and pictures of the examples.
        curves: precision and recall of each class, where the model names classes, and the path of
            rate and distortion over the training, where it has a rate and writes metrics.csv.
        page: the results and the configuration as text.
        also: kind of a file of vectors beside the picture of that path.

    Raises:
        UserError: where there would be no example.
    """

    def __init__(
        self,
        *,
        examples: int = 2000,
        layout: bool = True,
        projector: bool = True,
        curves: bool = True,
        page: bool = True,
        also: Vectors | None = None,
    ) -> None:
        if examples < 1:
            raise UserError(f"callbacks.review.examples={examples}: must be at least 1")
        self.examples, self.layout, self.page = examples, layout, page
        self.projector, self.curves = projector, curves
        self.also: Vectors | None = also

    def begin(self, writer: SummaryWriter, terms: Sequence[str]) -> None:
        """Lay out the curves of a run that begins.

        Arguments:
            writer: to the run's curves.
            terms: names of the costs of all stages.
        """
        if self.layout:
            writer.add_custom_scalars(layout_of(terms))

    def finish(self, writer: SummaryWriter, finished: Finished, device: torch.device) -> None:
        """Add the pages of a run that has been tested."""
        step = finished.model.position.step
        if self.page:
            writer.add_text("results", results_page(finished.results), step)
            writer.add_text("settings", configuration(finished.config), step)
        if self.curves:
            self._add_path(writer, finished, step)
        if (self.projector or self.curves) and finished.model.encodes:
            examples = gathered(finished.model, finished.data, self.examples, device)
            self._add_examples(writer, finished, examples, step)

    def _add_path(self, writer: SummaryWriter, finished: Finished, step: int) -> None:
        path = _history(finished.run.path / "metrics.csv")
        if len(path) < 2:
            return
        figure = rate_distortion(torch.tensor(path), title="rate and distortion of the validation")
        file = finished.run.figures / "rate_distortion.png"
        publish(figure, file, [writer], step, also=self.also)

    def _add_examples(
        self, writer: SummaryWriter, finished: Finished, examples: Examples, step: int
    ) -> None:
        classes = finished.data.classes
        if self.curves and examples.probabilities is not None and examples.y is not None:
            add_precision_recall(writer, examples.probabilities, examples.y, classes, step)
        if self.projector:
            write_projector(Path(writer.log_dir), examples, classes)


def _history(file: Path) -> list[tuple[float, float]]:
    """Return the validation's distortion and rate over the training, those that are finite."""
    if not file.is_file():
        return []
    with file.open(newline="") as lines:
        rows = [(row.get("val/distortion"), row.get("val/rate")) for row in csv.DictReader(lines)]
    points = [(float(d), float(r)) for d, r in rows if d and r]
    return [point for point in points if all(map(math.isfinite, point))]
