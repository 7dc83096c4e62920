"""What of a model can be exported: its encoder and its decoder, as functions of tensors."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError
from aetrain.seeding import SAMPLE, seed_torch


@final
class Encoder(nn.Module):
    """x (B, *event) -> the mean of q(z|x), (B, *latent), under a condition c where it reads one.

    Arguments:
        model: in evaluation mode.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        """Return the mean of q(z|x)."""
        with _under(self.model, c):
            return self.model.encode(x).mean


@final
class Decoder(nn.Module):
    """z (B, *latent) -> the mean of p(x|z), (B, *event), under a condition c where it reads one.

    Arguments:
        model: in evaluation mode.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Return the mean of p(x|z)."""
        with _under(self.model, c):
            return self.model.decode(z).mean


def _under(model: Autoencoder, c: Tensor | None) -> AbstractContextManager[None]:
    if c is None or model.conditioning is None:
        return nullcontext()
    return model.conditioning.condition.given(c)


@final
class Part(NamedTuple):
    """A half of a model.

    Attributes:
        name: encoder or decoder.
        module: the function.
        given: names of what it takes: x or z and, where it reads a condition, c.
        found: name of what it returns.
        examples: of each that is given, (B, *shape).
    """

    name: str
    module: nn.Module
    given: Sequence[str]
    found: str
    examples: Sequence[Tensor]


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
    c = _conditions(model, batch)
    with _under(model, c):
        codes = model.codes()
        # a conditional prior has a distribution for each condition
        z = (codes.sample() if codes.batch_shape else codes.sample((batch,))).to(model.dtype)
        x = model.decode(z).mean
    decoder = _part("decoder", Decoder(model), ("z", z), "x", c)
    if not model.encodes:
        return [decoder]
    return [_part("encoder", Encoder(model), ("x", x), "z", c), decoder]


def _conditions(model: Autoencoder, batch: int) -> Tensor | None:
    """Return conditions of a batch; None for a model that reads none, or goes through all."""
    if (conditioning := model.conditioning) is None or model.sets_condition:
        return None
    if conditioning.labels:
        return conditioning.of_labels(torch.arange(batch) % conditioning.classes).to(model.dtype)
    return torch.rand(batch, *conditioning.condition.shape).to(model.dtype)


def _part(
    name: str, module: nn.Module, given: tuple[str, Tensor], found: str, c: Tensor | None
) -> Part:
    known, example = given
    if c is None or not _asks(module, example):
        return Part(name, module, [known], found, [example])
    return Part(name, module, [known, "c"], found, [example, c])


def _asks(module: nn.Module, example: Tensor) -> bool:
    """Return whether a half of a conditional model reads the condition."""
    try:
        module(example)
    except UserError:
        return True
    return False
