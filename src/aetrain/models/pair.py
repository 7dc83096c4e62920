"""What models of one encoder, one decoder and one prior have in common."""

from abc import ABC

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.objectives.inference import Inference
from aetrain.player import Batch
from aetrain.priors.prior import Prior


class Pair(Autoencoder, ABC):
    """An encoder q(z|x) and a decoder p(x|z) of one code, and a prior p(z).

    It joins the three; who is trained by what, and what is reported, is each model's own.

    Arguments:
        encoder: q(z|x).
        decoder: p(x|z).
        prior: p(z).
        samples: draws S from q(z|x) for each example.
    """

    def __init__(
        self, encoder: Conditional, decoder: Conditional, prior: Prior, samples: int = 1
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.prior, self.samples = encoder, decoder, prior, samples
        self.space = encoder.family.space

    def infer(self, batch: Batch) -> Inference:
        """Pass a batch through encoder and decoder."""
        q = self.encoder(batch["x"])
        z = q.rsample((self.samples,))
        return Inference(batch.get("target", batch["x"]), q, z, self.decoder(z), self.prior())

    @property
    def latent(self) -> torch.Size:
        """The shape of one code."""
        return self.encoder.event

    def encode(self, x: Tensor) -> Distribution:
        """Return q(z|x), batch shape (B,), for x (B, *event)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for z (*batch, *latent)."""
        return self.decoder(z)

    def codes(self) -> Distribution:
        """Return p(z)."""
        return self.prior()
