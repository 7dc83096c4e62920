"""What a measure is taken of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.data_of import chosen_rows
from aetrain.errors import UserError
from aetrain.evaluation.codes import Watch
from aetrain.evaluation.evidence.of_model import Chains
from aetrain.evaluation.others import Others
from aetrain.evaluation.samples.features import Features, Pixels
from aetrain.player import Batch

TRAINING_CODES = 10_000
"""Training examples that a probe is fitted to where nothing else is said."""


@dataclass
class Subject:
    """A model and the examples to judge it by.

    Attributes:
        model: in evaluation mode.
        data: its data, loaded.
        split: the examples' split.
        examples: at most so many of them, at random; None for all.
        samples: K of the importance-sampled log p(x).
        training_codes: at most so many training examples for what is fitted to codes.
        seed: of the choice of examples.
        watch: what long loops are passed through.
        draws: samples of the model to judge; None for as many as there are examples.
        mean: whether samples are means of p(x|z), not draws of it.
        annealing: temperatures and chains of AIS.
        features: in which samples are compared with data.
        others: examples of another data set.
    """

    model: Autoencoder
    data: DataModule
    split: str = "test"
    examples: int | None = None
    samples: int = 100
    training_codes: int = TRAINING_CODES
    seed: int = 0
    watch: Watch = iter
    draws: int | None = None
    mean: bool = True
    annealing: Chains = field(default_factory=Chains)
    features: Features = field(default_factory=Pixels)
    others: Others | None = None

    @property
    def rows(self) -> torch.Tensor:
        """The chosen examples."""
        return chosen_rows(self.data, self.split, self.examples, self.seed)

    def blocks(self, split: str | None = None, rows: Tensor | None = None) -> Iterator[Batch]:
        """Return batches of the chosen examples, or of others, of the model's type."""
        rows = self.rows if rows is None else rows
        for batch in self.data.blocks_of(split or self.split, rows, self.model.device):
            yield {**batch, "x": batch["x"].to(self.model.dtype)}

    def require_encoder(self, measure: str) -> None:
        """Refuse a model that has no codes of examples."""
        if not self.model.encodes:
            raise UserError(
                f"--measure {measure}: this model has no encoder, so there are no codes of"
                " examples; choose another measure"
            )


Measure = Callable[[Subject], Mapping[str, Any]]
