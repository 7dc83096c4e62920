"""Measures of disentanglement of a run, as `ae evaluate` takes them."""

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.disentanglement.measures import measures
from aetrain.evaluation.part import of_part
from aetrain.evaluation.subject import Subject
from aetrain.seeding import EVALUATE, SPLIT, generator, seed_torch

EXAMPLES = 50_000
BLOCK = 1000


@torch.no_grad()
def of_disentanglement(subject: Subject) -> dict[str, float]:
    """Return how far posterior means separate the known factors of the data.

    The examples are all of the run's data, before they are split, training examples too: most
    measures ask for every combination of factors. Of more than 50,000, so many at random.

    Raises:
        UserError: where the model has no encoder, or the factors are not known.
    """
    s = subject
    s.require_encoder("disentanglement")
    splits = s.data.source.load()
    if splits.factors is None:
        raise UserError(
            "--measure disentanglement: nothing is known of the factors of these data; choose a run"
            " on dataset=sprites or dataset=dsprites"
        )
    rows = torch.arange(len(splits.train))
    if len(rows) > (most := s.examples or EXAMPLES):
        rows = torch.randperm(len(rows), generator=generator(SPLIT, s.seed))[:most]
    codes: list[Tensor] = []
    for number, block in enumerate(s.watch(rows.split(BLOCK))):
        seed_torch(s.model.device, EVALUATE, s.seed, number)
        x = s.data.transform(splits.train.read(block).to(s.model.device))
        codes.append(s.model.encode(x.to(s.model.dtype)).mean.flatten(1).double().cpu())
    found = measures(torch.cat(codes), splits.factors.values[rows].cpu(), seed=s.seed)
    figures: dict[str, float] = {"factor_examples": len(rows)}
    for name, figure in found.items():
        figures |= {name: figure.value, f"{name}_se": figure.error}
    return of_part(figures, len(rows), len(splits.train))
