"""Adversarial variational Bayes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.adversarial.density_ratio import DensityRatio
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.draws import draws
from aetrain.errors import UserError, choice
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Figure, Report
from aetrain.families import Family
from aetrain.models.pair import Pair
from aetrain.models.vae import PARTNERS
from aetrain.networks.joint import Joint
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.implicit import Implicit
from aetrain.priors.prior import Prior

WATCHED_DRAWS = 10
"""Draws of the bound by which weights are kept."""
LEAST_SCALE = 1e-3
"""Scales of the Gaussian that stands for q(z|x) are at least this."""


@final
class AVB(Pair):
    """A VAE whose posterior may be any that can be drawn from: a discriminator finds its rate.

    T(x, z) learns to tell draws of q(z|x) from draws of p(z) in the light of x. At its best it is
    log q(z|x) − log p(z), whose mean over q is the rate; encoder and decoder pay `distortion` and,
    as `adversarial`, what T says. In each step the discriminator moves first. The prior stands
    still.

    With adaptive contrast T tells z̃ = (z − μ(x)) / σ(x) from N(0, I), with μ and σ the posterior's
    own moments, so it has only the shape of q(z|x) to learn; log N(z; μ, σ²) − log p(z) is known
    and completes the rate.

    While T lags behind the encoder it finds too little, so −(`distortion` + `adversarial_rate`)
    may be above log p(x): it is no bound, and is reported as `apparent_elbo`. `log_prob` is one:
    it does not use T. So what is watched is `nll_bound`, −`log_prob` of 10 draws: by
    `apparent_elbo` the weights were kept at which T lags most. It is watched, though, where the
    prior has no density.

    Arguments:
        pieces: makes encoder, decoder and prior, and a T that sees x by the encoder's kind.
        adversary: makes T; its loss is this model's own.
        samples: draws S from q(z|x) for each example.
        contrast: adaptive contrast.
        features: numbers that T makes of x.
        hidden: widths of the layers of T that see these and z.

    Raises:
        UserError: where the posterior is a point or lies elsewhere than the prior; where contrast
            is asked for and the posterior is not implicit, or the prior has no density.

    References:
        Mescheder, Nowozin, Geiger: Adversarial variational Bayes. 2017.
        https://arxiv.org/abs/1701.04722
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        samples: int = 1,
        *,
        contrast: bool = False,
        features: int = 128,
        hidden: Sequence[int] = (256, 256),
    ) -> None:
        encoder, decoder, prior = pieces.encoder, pieces.decoder, pieces.prior
        pieces.require_own(
            "avb",
            objective=(reconstruction, "reconstruction"),
            adversary=(NonSaturating, "non_saturating"),
        )
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        _require(encoder.family, prior, contrast)
        self.contrast = contrast
        # T marks z in the light of x, which therefore comes second
        network = partial(Joint, pieces.encoder_network, features=features, hidden=hidden, place=1)
        self.discriminator = adversary(network, [encoder.event, pieces.event], loss=DensityRatio())
        self.watched = "nll_bound" if prior.has_density else "cost"

    def players(self) -> Mapping[str, Player]:
        """The discriminator, and then encoder and decoder."""
        every = self.discriminator.updates
        return {
            "discriminator": self.discriminator.player(self.discrimination),
            "autoencoder": Player([self.encoder, self.decoder], self.terms, every=every),
        }

    def terms(self, batch: Batch) -> Terms:
        """Return `distortion` and `adversarial`, T's estimate of the rate, each (B,)."""
        inference = self.infer(batch)
        found = sample_mean(self._rate(batch["x"], inference))
        return {**reconstruction(inference), "adversarial": found}

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms: draws of the prior are real, of the posterior fake."""
        with torch.no_grad():
            q = self.encoder(batch["x"])
            z = q.sample()
            if self.contrast:
                z, real = standard(q, z), torch.randn_like(z)
            else:
                real = draws(self.prior(), len(z))
        return self.discriminator.discrimination([real], [z], [batch["x"]])

    def log_ratio(self, x: Tensor, z: Tensor) -> Tensor:
        """Return T(x, z), (S, B), for x (B, *event) and codes z (S, B, *latent).

        With adaptive contrast z are standardised codes z̃.
        """
        # several draws of one example are marked in the light of the same x
        repeated = x.expand(len(z), *x.shape).flatten(0, 1)
        (cost,) = self.discriminator.deception([z.flatten(0, 1)], [repeated]).values()
        assert isinstance(cost, Tensor)
        return cost.reshape(z.shape[:2])

    def _rate(self, x: Tensor, inference: Inference) -> Tensor:
        """Return T's estimates of log q(z|x) − log p(z), (S, B)."""
        q, z = inference.q, inference.z
        if not self.contrast:
            return self.log_ratio(x, z)
        known = gaussian_of(q).log_prob(z) - inference.prior.log_prob(z)
        return self.log_ratio(x, standard(q, z)) + known

    def report(self, batch: Batch) -> Report:
        """Return distortion and apparent rate, and how far codes are from the prior."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        costs["adversarial_rate"] = sample_mean(self._rate(batch["x"], inference))
        real = draws(inference.prior, len(inference.x))
        more: dict[str, Figure] = {"code_mmd": Clouds(inference.z[0], real)}
        if (log_p := self.log_prob(batch["x"], WATCHED_DRAWS)) is not None:
            more["nll_bound"] = -log_p
        scores = {"apparent_elbo": -torch.stack(list(costs.values())).sum(0)}
        return Report(costs, inference.q.mean, None, more, scores=scores)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor | None:
        """Return estimates of log p(x), (B,), on average below it; T has no part in them.

        Draws come from the posterior, or, where that is implicit, from the Gaussian of its
        moments. None where the prior has no density.
        """
        if not self.prior.has_density:
            return None
        implicit = isinstance(self.encoder.family, Implicit)
        encode = (lambda x: gaussian_of(self.encoder(x))) if implicit else self.encoder
        return log_evidence(encode, self.decoder, self.prior(), x, samples)


def gaussian_of(q: Distribution) -> DiagonalNormal:
    """Return the Gaussian with the mean and the scales of an implicit q(z|x)."""
    scale = q.stddev.clamp_min(LEAST_SCALE)
    return DiagonalNormal(q.mean, scale.log(), len(q.event_shape), scale)


def standard(q: Distribution, z: Tensor) -> Tensor:
    """Return (z − μ) / σ with the moments of an implicit q(z|x)."""
    return (z - q.mean) / q.stddev.clamp_min(LEAST_SCALE)


def _require(posterior: Family, prior: Prior, contrast: bool) -> None:
    q, p = choice(posterior), choice(prior)
    if isinstance(posterior, Delta):
        raise UserError(
            f"model=avb: the rate of a point, posterior={q}, is infinite: use posterior=implicit,"
            " or model=aae"
        )
    if posterior.space is not prior.space or posterior.curvature != prior.curvature:
        raise UserError(
            f"posterior={q} lies on {posterior.space.value}, but prior={p} on {prior.space.value},"
            f" so the rate is infinite: use {PARTNERS[posterior.space]}"
        )
    if contrast and not isinstance(posterior, Implicit):
        raise UserError(
            f"model.contrast=true: is for a posterior whose density is not known, and that of"
            f" posterior={q} is: use posterior=implicit, or model=vae"
        )
    if contrast and not prior.has_density:
        raise UserError(
            f"model.contrast=true: needs a prior with a density, and prior={p} can only be"
            " sampled: use prior=standard_normal, or model.contrast=false"
        )
