"""In which terms samples are compared with data."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.heads.classifier import Classifier
from aetrain.models.stacked_ae import StackedAE

BLOCK = 1000
"""Examples that are encoded at once."""


class Features(ABC):
    """Maps examples to vectors, whose Euclidean distances are those of samples and data."""

    name: str

    @abstractmethod
    def of(self, x: Tensor) -> Tensor:
        """Return vectors (B, F), float32 on the CPU, of x (B, *event)."""

    @abstractmethod
    def classes(self, features: Tensor) -> Tensor | None:
        """Return probabilities of classes (B, K), of vectors; None for what is no classifier."""


@final
class Pixels(Features):
    """The values themselves, as the model sees them."""

    name = "pixels"

    def of(self, x: Tensor) -> Tensor:
        """Return x, flattened."""
        return x.flatten(1).to("cpu", torch.float32)

    def classes(self, features: Tensor) -> None:
        """Pixels are not classified."""


@final
class Codes(Features):
    """Means of q(z|x) of another trained model; of a classifier, its last hidden layer.

    Arguments:
        name: what the network is called where figures are told.
        model: in evaluation mode, of the same shape of examples.
        head: p(y|z), where it is a classifier.
    """

    def __init__(self, name: str, model: Autoencoder, head: Classifier | None = None) -> None:
        self.name, self.model, self.head = name, model, head

    @torch.no_grad()
    def of(self, x: Tensor) -> Tensor:
        """Return codes, flattened."""
        codes = [self.model.encode(self._given(part)).mean.flatten(1) for part in x.split(BLOCK)]
        return torch.cat(codes).to("cpu", torch.float32)

    def _given(self, x: Tensor) -> Tensor:
        return x.to(self.model.device).type(self.model.dtype)

    @torch.no_grad()
    def classes(self, features: Tensor) -> Tensor | None:
        """Return p(y|z), float64 on the CPU, for codes z."""
        if self.head is None:
            return None
        z = self._given(features)
        return self.head(z.unflatten(1, self.model.latent)).probs.double().cpu()


def codes_of(name: str, model: Autoencoder) -> Codes:
    """Return the features of a trained model, with its head where it has learned labels by one."""
    return Codes(name, model, model.head if isinstance(model, StackedAE) else None)
