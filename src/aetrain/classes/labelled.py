"""What models of classes make of labels."""

import torch
from torch import Tensor
from torch.distributions import Categorical

from aetrain.conditional import Conditional
from aetrain.conditioning.condition import Condition
from aetrain.errors import UserError
from aetrain.objectives.terms import Weighted
from aetrain.pieces import Pieces
from aetrain.player import Batch


def require_classes(pieces: Pieces, model: str) -> Condition:
    """Return the condition that stands for the class.

    Raises:
        UserError: where there is none, or it is no class, or is left out at times.
    """
    if pieces.conditioning is None:
        raise UserError(
            f"conditioning=none: model={model} learns classes, and its networks must see them: use"
            " conditioning=concat, its default, or film"
        )
    if not pieces.conditioning.labels:
        raise UserError(
            f"conditioning.shape: model={model} learns classes, and this condition is none: use"
            " conditioning.shape=null"
        )
    if pieces.conditioning.drop:
        raise UserError(
            f"conditioning.drop={pieces.conditioning.drop}: model={model} knows what to do without"
            " a label: use conditioning.drop=0"
        )
    return pieces.conditioning.condition


def classification(classifier: Conditional, classes: Categorical, batch: Batch) -> Weighted:
    """Return −log q(y|x) of labelled examples: those beside the batch, or else those in it.

    Arguments:
        classifier: q(y|x).
        classes: q(y|x) of the batch.
        batch: with `y_labelled`, or with `y`, below 0 where there is no label.

    Raises:
        UserError: where it has neither.
    """
    if "y_labelled" in batch:
        classes, y = classifier(batch["x_labelled"]), batch["y_labelled"]
    elif "y" in batch:
        y = batch["y"]
    else:
        raise UserError(
            "model: learns classes from labels, and this data set has none: use model=gmvae, or"
            " another dataset (of dataset=array, set dataset.label)"
        )
    known = y >= 0
    cost = -classes.log_prob(y.clamp_min(0))
    return Weighted(torch.where(known, cost, 0.0), known.to(cost.dtype))


def scores(classes: Categorical, batch: Batch) -> dict[str, Weighted]:
    """Return `error` and `accuracy` of the likeliest class, where the batch has labels."""
    return rightness(classes.logits.argmax(-1), batch["y"]) if "y" in batch else {}


def rightness(guess: Tensor, y: Tensor) -> dict[str, Weighted]:
    """Return `error` and `accuracy`, 0 or 1 for each example (B,) that has a label, y ≥ 0."""
    known, right = (y >= 0).float(), (guess == y).float()
    return {"error": Weighted(1 - right, known), "accuracy": Weighted(right, known)}
