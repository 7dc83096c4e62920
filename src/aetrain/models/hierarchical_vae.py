"""The variational autoencoder with several layers of latents."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.distributions.layered import LayeredPosterior, LayeredPrior
from aetrain.errors import UserError, choice
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.layers.ascent import Ascent
from aetrain.layers.concatenate import Concatenate
from aetrain.layers.gaussian_layers import GaussianLayers
from aetrain.layers.merge import MergeMaker
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.prior import Prior
from aetrain.spaces import Space


@final
class HierarchicalVAE(Autoencoder):
    """p(x) = ∫ p(x|z₁) p(z₁|z₂) … p(z_L) dz, inferred from the top: q(z_L|x) … q(z₁|z₂, x).

    What comes up from x meets what comes down from the layers above in a `merge`; with the product
    of both this is the ladder. A code is the vector (z_L, …, z₁) of all layers, the top first, so
    everything else takes this model for one with a single, structured latent. With one layer it is
    the plain variational autoencoder.

    Arguments:
        pieces: networks and likelihood; the prior p(z_L) of the top layer.
        objective: from one pass to the terms of the loss.
        samples: draws S from q(z|x) for each example.
        latents: sizes of z₁, …, z_L, from the data upwards; None: a third of `latent` for z₂, the
            rest for z₁.
        widths: features of the networks between two layers, from the data upwards; the last holds
            for all above.
        depth: hidden layers of these networks.
        activation: name of their nonlinearity.
        merge: makes q(zₗ|zₗ₊₁, x) of what comes up and down.

    Raises:
        UserError: where a size is below 1, the posterior is not the diagonal Gaussian, or the prior
            has no density on all real vectors.

    References:
        Sønderby, Raiko, Maaløe, Sønderby, Winther: Ladder variational autoencoders. 2016.
        https://arxiv.org/abs/1602.02282
        Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling: Improving variational inference
        with inverse autoregressive flow. 2016. https://arxiv.org/abs/1606.04934
    """

    def __init__(
        self,
        pieces: Pieces,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        *,
        latents: Sequence[int] | None = None,
        widths: Sequence[int] = (256,),
        depth: int = 2,
        activation: str = "leaky_relu",
        merge: MergeMaker = Concatenate,
    ) -> None:
        super().__init__()
        latents = _halved(pieces.latent) if latents is None else list(latents)
        _require_sizes(latents, widths, depth)
        _require_gaussian(pieces, latents)
        between = [*widths, *[widths[-1]] * len(latents)][: len(latents) - 1]
        networks = {"depth": depth, "activation": activation}
        ascent = partial(
            Ascent, network=pieces.encoder_network, latents=latents, widths=between, **networks
        )
        top = torch.Size(latents[-1:])
        self.encoder = Conditional(ascent, DiagonalGaussian(top), [pieces.event])
        prior = pieces.prior_of(top, self.encoder)
        _require_real(prior)
        self.layers = GaussianLayers(prior, latents, between, merge, **networks)
        decoder = pieces.decoder_network(self._ascent.first)
        self.decoder = Conditional(decoder, pieces.likelihood(pieces.event), [latents[:1]])
        self.objective, self.samples = objective, samples

    def players(self) -> Mapping[str, Player]:
        """One player, everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        q, z = self._draw(batch)
        return self.objective(self._infer(batch, q, z))

    def _draw(self, batch: Batch) -> tuple[LayeredPosterior, Tensor]:
        q = self.encode(batch["x"])
        return q, q.rsample((self.samples,))

    def _infer(self, batch: Batch, q: LayeredPosterior, z: Tensor) -> Inference:
        prior = LayeredPrior(self.layers, q)
        return Inference(batch.get("target", batch["x"]), q, z, self.decode(z), prior)

    @property
    def _ascent(self) -> Ascent:
        return self.encoder.network  # pyright: ignore[reportReturnType]

    @property
    def latent(self) -> torch.Size:
        """The shape of one code, all layers together."""
        return self.layers.event

    def encode(self, x: Tensor) -> LayeredPosterior:
        """Return q(z|x), batch shape (B,), for x (B, *event)."""
        return LayeredPosterior(self.layers, self._ascent.every(x))

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z) = p(x|z₁), batch shape (*batch,), for z (*batch, *latent)."""
        return self.decoder(z[..., -self.decoder.given[0].numel() :])

    def codes(self) -> LayeredPrior:
        """Return p(z)."""
        return LayeredPrior(self.layers)

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1, and the rate of each layer, `rate_1` up."""
        q, z = self._draw(batch)
        inference = self._infer(batch, q, z)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        upwards = enumerate(reversed(q.layer_rates(z)), 1)
        layers = {f"rate_{layer}": rate for layer, rate in upwards}
        return Report(costs, q.mean, q.rates(z, inference.prior), layers)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        q = self.encode(x)
        return log_evidence(lambda _: q, self.decode, LayeredPrior(self.layers, q), x, samples)


def _halved(latent: torch.Size) -> list[int]:
    """Return the sizes of two layers that make up one latent."""
    (d,) = latent
    if d < 2:
        raise UserError(
            f"latent={d}: has to be divided between two layers; use latent=2 or more, or"
            " model.latents=[1]"
        )
    upper = max(1, d // 3)
    return [d - upper, upper]


def _require_sizes(latents: Sequence[int], widths: Sequence[int], depth: int) -> None:
    """Raise UserError where a size is below 1."""
    for name, sizes in {"latents": latents, "widths": widths}.items():
        if not sizes or min(sizes) < 1:
            raise UserError(
                f"model.{name}={list(sizes)}: must be sizes of at least 1, such as [40, 20]"
            )
    if depth < 1:
        raise UserError(f"model.depth={depth}: must be at least 1")


def _require_gaussian(pieces: Pieces, latents: Sequence[int]) -> None:
    """Raise UserError where another posterior is chosen than the layers have."""
    family = pieces.posterior(latents[-1:])
    if not isinstance(family, DiagonalGaussian):
        raise UserError(
            f"posterior={choice(family)}: the layers of this model are diagonal Gaussians given"
            " those above; use posterior=diagonal_gaussian, or model=vae"
        )


def _require_real(prior: Prior) -> None:
    """Raise UserError where the top layer's rate does not exist, is infinite or is many."""
    if not prior.has_density:
        raise UserError(
            f"prior={choice(prior)} can only be sampled, and the rate of the top layer needs its"
            " density: use prior=standard_normal"
        )
    if prior.conditional:
        raise UserError(
            f"prior={choice(prior)} is another one under each condition, and layers have one top:"
            " use prior=standard_normal; the networks know the condition"
        )
    if prior.space != Space.REAL:
        raise UserError(
            f"prior={choice(prior)} lies on {prior.space.value}, and the layers' posteriors on"
            f" {Space.REAL.value}, so the rate is infinite: use prior=standard_normal"
        )
