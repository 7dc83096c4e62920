"""A condition in the first layer."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.conditioning.conditioned_network import conditioned
from aetrain.conditioning.conditioning import Conditioning
from aetrain.errors import UserError


@final
class Concat(Conditioning):
    """c is one more input: the encoder's first layer is of [x, c], the decoder's of [z, c].

    References:
        Sohn, Lee, Yan: Learning structured output representation using deep conditional generative
        models. 2015. https://papers.nips.cc/paper/5775
        Kingma, Rezende, Mohamed, Welling: Semi-supervised learning with deep generative models.
        2014. https://arxiv.org/abs/1406.5298
    """

    def make(self, network: Network, given: Sequence[torch.Size], out: torch.Size) -> nn.Module:
        """Return a network of one more input."""
        try:
            made = network([*given, self.condition.shape], out)
        except UserError:
            network(given, out)  # where this is refused as well, the condition is not why
            raise UserError(
                "conditioning=concat: this network takes one thing alone, and cannot take a"
                " condition beside it: use conditioning=channels or film, or network=mlp"
            ) from None
        return conditioned(made, self.condition, beside)


def beside(given: Sequence[Tensor], c: Tensor) -> Sequence[Tensor]:
    """Return c after all that is given."""
    return (*given, c)
