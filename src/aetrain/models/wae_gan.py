"""The Wasserstein autoencoder with a discriminator of codes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.conditional import Conditional
from aetrain.distributions.draws import draws
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.tally import Report
from aetrain.models.pair import Pair
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior


@final
class WAEGAN(Pair):
    """An autoencoder that pays what a discriminator finds of codes not spread as the prior.

    The bound on the transport cost from p(x) to the model's is the distortion and λ times a
    divergence of all codes from the prior. Here it is what a discriminator that tells draws of
    p(z), real, from codes, fake, makes the encoder pay: the term `adversarial` of weight λ.
    Encoder and decoder move together by the sum, where `model=aae` has a phase for each; the
    discriminator moves first, as in the paper. The prior stands still.

    It watches the distortion, as `model=aae` does, and reports `code_mmd` beside it.

    Arguments:
        encoder: q(z|x), a point or not.
        decoder: p(x|z); the paper's is Gaussian.
        prior: p(z), of any kind that can be sampled.
        adversary: makes the discriminator with its loss.
        objective: from one pass to the other terms of the autoencoder's loss.
        samples: draws S from q(z|x) for each example.
        hidden: widths of the discriminator's layers, of which the paper has four of 512.

    References:
        Tolstikhin, Bousquet, Gelly, Schölkopf: Wasserstein auto-encoders (algorithm 1, WAE-GAN).
        2018. https://arxiv.org/abs/1711.01558
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        adversary: AdversaryMaker,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        hidden: Sequence[int] = (512, 512, 512, 512),
    ) -> None:
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        self.objective = objective
        self.discriminator = adversary(partial(MLP, hidden=require_widths(hidden)), [encoder.event])

    def players(self) -> Mapping[str, Player]:
        """The discriminator, and then encoder and decoder."""
        every = self.discriminator.updates
        return {
            "discriminator": self.discriminator.player(self.discrimination),
            "autoencoder": Player([self.encoder, self.decoder], self.terms, every=every),
        }

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch and `adversarial`, (B,)."""
        inference = self.infer(batch)
        s, b = inference.z.shape[:2]
        told = self.discriminator.deception([inference.z.flatten(0, 1)])["adversarial"]
        assert isinstance(told, Tensor)
        return {**self.objective(inference), "adversarial": sample_mean(told.reshape(s, b))}

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms: draws of the prior are real, codes are fake."""
        with torch.no_grad():
            codes = self.encoder(batch["x"]).sample()
            drawn = draws(self.prior(), len(codes))
        return self.discriminator.discrimination([drawn], [codes])

    def report(self, batch: Batch) -> Report:
        """Return the distortion, and beside it how far codes are from the prior."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        codes, real = inference.z[0], draws(inference.prior, len(inference.x))
        more = {"code_mmd": Clouds(codes, real)}
        return Report(costs, inference.q.mean, None, more)
