"""The variational autoencoder whose decoder is judged by a discriminator's features."""

from collections.abc import Mapping
from functools import partial
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.conditional import Conditional
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.families import full_precision
from aetrain.models.generator import require_gradient
from aetrain.models.pair import Pair
from aetrain.models.vae import require_rate
from aetrain.networks.featured import Featured
from aetrain.objectives.elbo import elbo
from aetrain.objectives.rate import rate, rates
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.world import World

LEAST_VARIANCE = 1e-8
"""Of features: of a discriminator that sees all alike no more is asked."""


@final
class VAEGAN(Pair):
    """A VAE that reconstructs what a discriminator sees, f(x), and whose decoder must deceive it.

    Encoder: `rate` = KL(q(z|x) ‖ p(z)) and `features` = ½ |f(x) − f(x̃)|² / v of the mean x̃ of
    p(x|z). Decoder: `decoder_features`, the same of weight γ, and `adversarial`, of reconstructions
    and of draws of the prior in sum. Discriminator: reconstructions and draws of the prior are
    fake. f is its last hidden layer; no cost but its own moves it. The prior stands still.

    v is the mean variance of f's values over the batch. The paper has no v: batch normalisation
    gives its f a scale. Without either f has one that the discriminator sets, and on MNIST it was
    so small that no code was worth its rate.

    It watches −ELBO of its pixels, `distortion` + `rate` at weight 1, though it is trained by
    features: those move all the time, and no two validations would compare. The bound is one, for
    the likelihood that was chosen, so there is a log p(x) as well.

    Arguments:
        pieces: makes encoder, decoder and prior, and a discriminator of the encoder's kind.
        adversary: makes the discriminator with its loss.
        samples: draws S from q(z|x) for each example; only 1.
        features: width of f.

    Raises:
        UserError: where there is no rate, the decoder's mean has no gradient, or a number is out
            of its range.

    References:
        Larsen, Sønderby, Larochelle, Winther: Autoencoding beyond pixels using a learned
        similarity metric. 2016. https://arxiv.org/abs/1512.09300
    """

    def __init__(
        self, pieces: Pieces, adversary: AdversaryMaker, samples: int = 1, *, features: int = 128
    ) -> None:
        encoder, decoder, prior = pieces.encoder, pieces.decoder, pieces.prior
        require_rate(encoder.family, prior, "vaegan")
        pieces.require_own("vaegan", objective=(reconstruction, "reconstruction"))
        require_parts(encoder, decoder, samples, features, "vaegan")
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        decoder.family.requires_grad_(False)  # a mean does not know the scale
        network = partial(Featured, pieces.encoder_network, width=features)
        self.discriminator = adversary(network, [pieces.event])

    def players(self) -> Mapping[str, Player]:
        """Encoder, decoder and discriminator."""
        every = self.discriminator.updates
        return {
            "encoder": Player([self.encoder], self.inference),
            "decoder": Player([self.decoder], self.generation, every=every),
            "discriminator": self.discriminator.player(self.discrimination),
        }

    def inference(self, batch: Batch) -> Terms:
        """Return the encoder's terms, each (B,)."""
        inference = self.infer(batch)
        apart = self._apart(inference.x, inference.p.mean[0], self.world)
        return {"rate": rate(inference.q, inference.z, inference.prior), "features": apart}

    def generation(self, batch: Batch) -> Terms:
        """Return the decoder's terms, each (B,)."""
        with torch.no_grad():
            codes = self._codes_and_draws(batch)
        fakes = self.decoder(codes).mean
        x = batch.get("target", batch["x"])
        told = self.discriminator.deception([fakes])["adversarial"]
        assert isinstance(told, Tensor)
        apart = self._apart(x, fakes[: len(x)], self.world)
        return {"decoder_features": apart, "adversarial": told.reshape(2, -1).sum(0)}

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms: two sets of fakes for each batch."""
        with torch.no_grad():
            fakes = self.decoder(self._codes_and_draws(batch)).mean
        return self.discriminator.discrimination([batch.get("target", batch["x"])], [fakes])

    def _codes_and_draws(self, batch: Batch) -> Tensor:
        """Return a draw of q(z|x) for each example, and then as many of p(z), (2B, *latent)."""
        z = self.encoder(batch["x"]).sample()
        return torch.cat([z, draws(self.prior(), len(z))])

    def _apart(self, x: Tensor, made: Tensor, world: World) -> Tensor:
        """Return ½ |f(x) − f(x̃)|² / v, (B,), v the mean variance of f(x)'s values over examples."""
        network = self.discriminator.network
        assert isinstance(network, Featured)
        with torch.no_grad():
            wanted = full_precision(network.features(x))
            v = _variance(wanted, world).clamp_min(LEAST_VARIANCE)
        return 0.5 * (full_precision(network.features(made)) - wanted).square().sum(1) / v

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO of the pixels at weight 1, and how far codes are off."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        own = rates(inference.q, inference.z, inference.prior)
        real = draws(inference.prior, len(inference.x))
        more = {
            # processes judge blocks of their own, so each takes its block's variance
            "features": self._apart(inference.x, inference.p.mean[0], World()),
            "code_mmd": Clouds(inference.z[0], real),
        }
        return Report(costs, inference.q.mean, own, more)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,), of the chosen likelihood."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)


def _variance(f: Tensor, world: World) -> Tensor:
    """Return the mean variance of values of f (B, K) over the examples of all processes, ()."""
    moments = torch.stack([f.mean(0), f.square().mean(0)])
    mean, square = world.sum(moments) / world.size
    return (square - mean.square()).mean()


def require_parts(
    encoder: Conditional, decoder: Conditional, samples: int, features: int, model: str
) -> None:
    """Refuse parts that cannot play against a discriminator's features.

    Raises:
        UserError: where weights are shared, a mean has no gradient, or a number is out of range.
    """
    require_gradient(decoder, model)
    if samples != 1:
        raise UserError(f"samples={samples}: model={model} draws one code; use samples=1")
    if features < 1:
        raise UserError(f"model.features={features}: must be at least 1, such as 128")
    if not set(encoder.parameters()).isdisjoint(decoder.parameters()):
        raise UserError(
            f"model={model} trains encoder and decoder by costs of their own, and with network=tied"
            " they share weights: use network=mlp, or model=aae"
        )
