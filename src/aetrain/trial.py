"""A model's terms on a few examples, before anything is written."""

from collections.abc import Sequence

import torch

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError, did_you_mean
from aetrain.player import Batch


@torch.no_grad()
def try_out(model: Autoencoder, batch: Batch) -> Sequence[str]:
    """Run the terms of each stage of a model once; return their names.

    Raises:
        UserError: for a weight of a term that there is not, listing the terms.
    """
    present, terms = model.position.stage, list[str]()
    for stage in range(len(model.stages)):
        model.position.stage = stage
        with model.conditioned(batch):
            terms += [name for p in model.players().values() for name in p.terms(batch)]
    model.position.stage = present
    for name in model.plan.weights:
        if name not in terms:
            known = ", ".join(terms)
            hint = did_you_mean(name, terms)
            raise UserError(f"objective.weights.{name}: no such term; there are {known}.{hint}")
    return terms
