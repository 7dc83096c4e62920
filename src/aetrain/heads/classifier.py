"""A classifier of codes."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from aetrain.classes.labelled import rightness
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.activation import activation_named
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.terms import Weighted

FIGURES = ("error", "cross_entropy")


@final
class Classifier(nn.Module):
    """p(y|z) = softmax(W z + b), or of a perceptron of z.

    Arguments:
        latent: shape of one code.
        classes: K, of labels from 0 to K − 1; None, where the data are still to be read: 2.
        hidden: widths of layers between the code and the softmax.
        activation: name of their nonlinearity.
        watched: validation figure by which the best weights are chosen and the training ends,
            `error` or `cross_entropy`.

    Raises:
        UserError: for widths or a number of classes that are too small, or another figure.
    """

    def __init__(
        self,
        latent: Sequence[int],
        *,
        classes: int | None = None,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        watched: str = "error",
    ) -> None:
        super().__init__()
        classes = 2 if classes is None else classes
        if classes < 2:
            raise UserError(f"head.classes={classes}: must be at least 2")
        require_widths(hidden, "head")
        if watched not in FIGURES:
            raise UserError(f"head.watched={watched}: choose from {', '.join(FIGURES)}")
        self.watched = watched
        given, out = [torch.Size(latent)], torch.Size((classes,))
        activation_named(activation, "head.activation")  # a network would blame itself
        self.network = MLP(given, out, hidden=hidden, activation=activation)

    def forward(self, z: Tensor) -> Categorical:
        """Return p(y|z), batch shape (B,), for codes z (B, *latent)."""
        return Categorical(logits=full_precision(self.network(z)), validate_args=False)

    def cost(self, z: Tensor, y: Tensor) -> Tensor:
        """Return the cross entropy −log p(y|z) in nats, (B,), of labels y (B,); missing ones: 0."""
        return -self(z).log_prob(y.clamp_min(0)) * (y >= 0)

    def term(self, z: Tensor, y: Tensor) -> Weighted:
        """Return the cross entropy as a term of the examples that have a label, y ≥ 0."""
        return Weighted(self.cost(z, y), (y >= 0).to(z.dtype))

    def scores(self, z: Tensor, y: Tensor) -> dict[str, Weighted]:
        """Return `error` and `accuracy`, whether the likeliest class is y, where y ≥ 0."""
        return rightness(self(z).logits.argmax(-1), y)
