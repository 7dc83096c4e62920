"""Small weights."""

from typing import final

import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser


@final
class WeightDecay(Regulariser):
    """`decoder_weights` = ½ Σ w² over the weights of the decoder's network, biases left out.

    It is a statistic of no batch, (): as much for each example.

    Arguments:
        encoder: left alone.
        decoder: p(x|z).

    References:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders
        (RAE-L2). 2020. https://arxiv.org/abs/1903.12436
    """

    def __init__(self, encoder: Conditional, decoder: Conditional) -> None:
        del encoder
        self.decoder = decoder

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return the cost, whatever the pass."""
        weights = [p for p in self.decoder.network.parameters() if p.dim() > 1]
        squares = torch.stack([w.float().square().sum() for w in weights])
        return {"decoder_weights": 0.5 * squares.sum()}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return none."""
        return {}
