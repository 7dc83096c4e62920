"""Autoencoders whose codes are of a finite set, with a prior that is learned afterwards."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.distributions.delta import Delta
from aetrain.distributions.looked_up import LookedUp
from aetrain.errors import UserError, choice
from aetrain.evaluation.tally import Report
from aetrain.families import full_precision
from aetrain.networks.image import halvings
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.priors.code_transformer import CodeTransformer
from aetrain.priors.prior import Prior
from aetrain.priors.standard_normal import StandardNormal
from aetrain.quantisers.quantiser import Quantised, Quantiser
from aetrain.quantisers.vector_quantiser import VectorQuantiser
from aetrain.seeding import INITIALISE, seed_torch
from aetrain.stage import Stage

PER_CODE = 64
"""Features for each code that a codebook begins with, where there are so many."""


@final
class VQVAE(Autoencoder):
    """p(x) = Σᵢ p(x|z(i)) p(i), with one code i(x) of each x: −log p(x) ≤ distortion + rate.

    The encoder's features are a vector of D numbers at each of P places: a map of the image made
    smaller, or P groups where x is no image. A quantiser takes each to one of finitely many. Two
    stages: encoder, quantiser and decoder are trained by the distortion and the quantiser's costs;
    then, with all of these at rest, a prior p(i) by the rate −log p(i(x)). In the first stage the
    rate is reported as that of equally likely codes, P L ln K.

    Arguments:
        pieces: networks, likelihood, and a posterior, which is a point mass.
        objective: of encoder and decoder, from one pass to terms.
        samples: only 1, as all draws of a point mass are one.
        quantiser: makes it for D.
        code_prior: makes p(i) for (*places, L) and K.
        downsample: height and width of the image by those of the map, a power of 2.
        positions: P, where x is no image.
        prior_epochs: of the second stage; None: `trainer.max_epochs`.

    Raises:
        UserError: where posterior, prior or samples have no use here, and for wrong numbers.

    References:
        van den Oord, Vinyals, Kavukcuoglu: Neural discrete representation learning. 2017.
        https://arxiv.org/abs/1711.00937
    """

    def __init__(
        self,
        pieces: Pieces,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        quantiser: Callable[[int], Quantiser] = VectorQuantiser,
        code_prior: Callable[[Sequence[int], int], Prior] = CodeTransformer,
        downsample: int = 4,
        positions: int = 8,
        prior_epochs: int | None = None,
    ) -> None:
        super().__init__()
        places = _places(pieces.event, downsample, positions)
        dimensions = pieces.latent.numel()
        self._latent = torch.Size((dimensions, *places))
        _require_point(pieces, samples)
        self.encoder = Conditional(
            pieces.encoder_network, pieces.posterior(self._latent), [pieces.event]
        )
        _require_no_prior(pieces, self.encoder)
        self.quantiser = quantiser(dimensions)
        self.decoder = Conditional(
            pieces.decoder_network(self.encoder.network),
            pieces.likelihood(pieces.event),
            [self._latent],
        )
        self.code_prior = code_prior((*places, self.quantiser.depth), self.quantiser.codes)
        self.objective = objective
        if prior_epochs is not None and prior_epochs < 0:
            raise UserError(f"model.prior_epochs={prior_epochs}: must be at least 0, or null")
        self.stages = (Stage("codes"), Stage("prior", prior_epochs, corrupted=False))

    def begin_stage(self, data: DataModule) -> None:
        """Let the quantiser begin with features of training examples."""
        if self.position.stage > 0:
            return
        places = self._latent[1:].numel()
        examples = data.examples(math.ceil(PER_CODE * self.quantiser.codes / places), self.device)
        seed_torch(self.device, INITIALISE, self.seed)
        x = examples.to(next(self.parameters()).dtype)
        with torch.no_grad():
            features = torch.cat([self._features(part) for part in x.split(500)])
        self.quantiser.begin(features.flatten(0, 1))
        self.world.copy_from_first(self.quantiser)

    def players(self) -> Mapping[str, Player]:
        """One player at a time: first all but the prior, then the prior."""
        if self.position.stage > 0:
            return {"prior": Player([self.code_prior], self.rate)}
        return {"model": Player([self.encoder, self.quantiser, self.decoder], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch, and the quantiser's."""
        found = self.quantise(batch["x"])
        q = self._point(found)
        z, target = q.rsample((1,)), batch.get("target", batch["x"])
        inference = Inference(target, q, z, self.decoder(z), self.codes())
        return {**self.objective(inference), **found.costs}

    def rate(self, batch: Batch) -> Terms:
        """Return the rate of a batch's codes under the learned prior."""
        with torch.no_grad():
            found = self.quantise(batch["x"])
        return {"rate": self._rate(found)}

    def quantise(self, x: Tensor) -> Quantised:
        """Encode x (B, *event) and quantise the features."""
        return self.quantiser(self._features(x))

    @property
    def latent(self) -> torch.Size:
        """The shape of one code: (D, H', W'), or (D, P) where x is no image."""
        return self._latent

    def encode(self, x: Tensor) -> Distribution:
        """Return the point mass at the quantised map, batch shape (B,), for x (B, *event)."""
        return self._point(self.quantise(x))

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for any maps z (*batch, *latent)."""
        return self.decoder(z)

    def codes(self) -> Distribution:
        """Return the maps of p(i); before the second stage all codes are as good as equal in it."""
        return LookedUp(self.code_prior(), self._map_of, self._latent)

    @torch.no_grad()
    def report(self, batch: Batch) -> Report:
        """Return distortion and rate, the commitment, and how often each code occurs."""
        x = batch["x"]
        found = self.quantise(x)
        q = self._point(found)
        distortion = -self.decoder(q.mean).log_prob(batch.get("target", x))
        places, depth, codes = self._latent[1:].numel(), self.quantiser.depth, self.quantiser.codes
        uniform = torch.full_like(distortion, places * depth * math.log(codes))
        rate = self._rate(found) if self.position.stage > 0 else uniform
        more = {name: cost for name, cost in found.costs.items() if isinstance(cost, Tensor)}
        starts = codes * torch.arange(depth, device=x.device)
        occurring = (found.indices + starts).flatten().bincount(minlength=depth * codes)
        return Report(
            {"distortion": distortion, "rate": rate},
            q.mean,
            None,
            more,
            {"perplexity": occurring.view(depth, codes)},
        )

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1) -> Tensor:
        """Return log p(x|z(i)) + log p(i), i = i(x), (B,): one summand of p(x), so a lower bound.

        However many samples are asked for, there is but one code of x.
        """
        found = self.quantise(x)
        return self.decoder(self._point(found).mean).log_prob(x) - self._rate(found)

    def _features(self, x: Tensor) -> Tensor:
        """Return (B, P, D)."""
        return self.encoder(x).mean.flatten(2).transpose(1, 2)

    def _point(self, found: Quantised) -> Delta:
        return Delta(self._map(found.values), len(self._latent))

    def _map(self, values: Tensor) -> Tensor:
        """Return vectors (B, P, D) as a map (B, *latent)."""
        return full_precision(values).transpose(1, 2).reshape(-1, *self._latent)

    def _map_of(self, indices: Tensor) -> Tensor:
        """Return the maps (*batch, *latent) of indices (*batch, *places, L)."""
        batch = indices.shape[: indices.dim() - len(self._latent)]
        flat = indices.reshape(-1, self._latent[1:].numel(), self.quantiser.depth)
        return self._map(self.quantiser.lookup(flat)).reshape(*batch, *self._latent)

    def _rate(self, found: Quantised) -> Tensor:
        p = self.code_prior()
        return -p.log_prob(found.indices.reshape(-1, *p.event_shape))


def _places(event: torch.Size, downsample: int, positions: int) -> tuple[int, ...]:
    """Return (H', W') of an image's map, or (P,)."""
    if downsample < 1 or downsample & (downsample - 1):
        raise UserError(f"model.downsample={downsample}: must be a power of 2, such as 4")
    if positions < 1:
        raise UserError(f"model.positions={positions}: must be at least 1, such as 8")
    if len(event) != 3:
        return (positions,)
    return halvings(event[1], event[2], downsample.bit_length() - 1)[-1]


def _require_point(pieces: Pieces, samples: int) -> None:
    """Raise UserError for a posterior that is random, or several samples."""
    posterior = pieces.posterior(pieces.latent)
    if not posterior.point:
        raise UserError(
            f"quantised codes are a point for each x, and posterior={choice(posterior)} is random:"
            " use posterior=delta (the model's default), or model=vae"
        )
    if samples != 1:
        raise UserError(f"samples={samples}: quantised codes are a point for each x; use samples=1")


def _require_no_prior(pieces: Pieces, encoder: Conditional) -> None:
    """Raise UserError for a prior that somebody has chosen: it would go unused."""
    prior = pieces.prior_of(pieces.latent, encoder)
    if not isinstance(prior, StandardNormal):
        raise UserError(
            f"prior={choice(prior)} is none over indices of quantised codes; the model learns one,"
            " model.code_prior: use prior=standard_normal, the default, which has no effect"
        )
