"""What of a model can be exported: its encoder and its decoder, as functions of one tensor."""

from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from aetrain.autoencoder import Autoencoder
from aetrain.seeding import SAMPLE, seed_torch


@final
class Encoder(nn.Module):
    """x (B, *event) -> the mean of q(z|x), (B, *latent).

    Arguments:
        model: in evaluation mode.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of q(z|x)."""
        return self.model.encode(x).mean


@final
class Decoder(nn.Module):
    """z (B, *latent) -> the mean of p(x|z), (B, *event).

    Arguments:
        model: in evaluation mode.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        """Return the mean of p(x|z)."""
        return self.model.decode(z).mean


@final
class Part(NamedTuple):
    """A half of a model.

    Attributes:
        name: encoder or decoder.
        module: the function.
        given: name of what it takes, x or z.
        found: name of what it returns.
        example: what it may be given, (B, *shape).
    """

    name: str
    module: nn.Module
    given: str
    found: str
    example: Tensor


@torch.no_grad()
def parts_of(model: Autoencoder, batch: int = 7, seed: int = 0) -> list[Part]:
    """Return encoder and decoder, or the decoder alone of a model that has no encoder.

    The examples are draws of the model, so that no data are needed: codes z, and means of p(x|z).

    Arguments:
        model: in evaluation mode, on the CPU.
        batch: B of the examples; above 1, since a tracer takes sizes of 1 for a constant.
        seed: of the draws.
    """
    seed_torch(model.device, SAMPLE, seed)
    z = model.codes().sample((batch,)).to(model.dtype)
    decoder = Part("decoder", Decoder(model), "z", "x", z)
    if not model.encodes:
        return [decoder]
    return [Part("encoder", Encoder(model), "x", "z", model.decode(z).mean), decoder]
