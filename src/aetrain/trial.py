"""A model's terms on a few examples, before anything is written."""

from collections.abc import Sequence

import torch

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError, did_you_mean
from aetrain.optimizing import optimizer_of
from aetrain.player import Batch


@torch.no_grad()
def try_out(model: Autoencoder, batch: Batch) -> Sequence[str]:
    """Run the terms of each stage of a model once, and make its optimizers; return their names.

    Raises:
        UserError: for a value that the optimizer refuses.
        UserError: for a weight of a term that there is not, listing the terms.
    """
    present, terms = model.position.stage, list[str]()
    for stage in range(len(model.stages)):
        model.position.stage = stage
        players = model.players().values()
        with model.conditioned(batch):
            terms += [name for p in players for name in p.terms(batch)]
        for player in players:
            if any(True for _ in player.parameters()):
                optimizer_of(player, model.plan)
    model.position.stage = present
    for name in model.plan.weights:
        if name not in terms:
            known = ", ".join(terms)
            hint = did_you_mean(name, terms)
            raise UserError(f"objective.weights.{name}: no such term; there are {known}.{hint}")
    return terms
