"""In which terms samples are compared with data."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder


class Features(ABC):
    """Maps examples to vectors, whose Euclidean distances are those of samples and data."""

    name: str

    @abstractmethod
    def of(self, x: Tensor) -> Tensor:
        """Return vectors (B, F), float32 on the CPU, of x (B, *event)."""


@final
class Pixels(Features):
    """The values themselves, as the model sees them."""

    name = "pixels"

    def of(self, x: Tensor) -> Tensor:
        """Return x, flattened."""
        return x.flatten(1).to("cpu", torch.float32)


@final
class Codes(Features):
    """Means of q(z|x) of another trained model, such as the layer that a classifier's head reads.

    Arguments:
        name: what the network is called where figures are told.
        model: in evaluation mode, of the same shape of examples.
    """

    def __init__(self, name: str, model: Autoencoder) -> None:
        self.name, self.model = name, model

    @torch.no_grad()
    def of(self, x: Tensor) -> Tensor:
        """Return codes, flattened."""
        given = x.to(self.model.device).type(self.model.dtype)
        return self.model.encode(given).mean.flatten(1).to("cpu", torch.float32)
