"""The variational autoencoder."""

from collections.abc import Callable, Mapping
from typing import final

import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError, choice
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.families import Family
from aetrain.models.pair import Pair
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rates
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.spaces import Space

PARTNERS = {
    Space.REAL: "prior=standard_normal",
    Space.BOX: "posterior=diagonal_gaussian",
    Space.SPHERE: "prior=hypersphere",
    Space.BALL: "prior=wrapped_normal",
    Space.SIMPLEX: "prior=categorical",
    Space.BINARY: "prior=bernoulli",
}
"""A prior for each posterior's space."""


@final
class VAE(Pair):
    """p(x) = ∫ p(x|z) p(z) dz, trained by a bound with an amortised posterior q(z|x).

    Arguments:
        encoder: q(z|x).
        decoder: p(x|z).
        prior: p(z).
        objective: from one pass to the terms of the loss.
        samples: draws S from q(z|x) for each example.
        encoder_objective: where the encoder is trained by another bound than decoder and prior.

    Raises:
        UserError: where posterior or prior has no density, or they lie on different spaces, so
            that there is no rate; where encoder and decoder have bounds of their own but share
            weights.

    References:
        Kingma, Welling: Auto-encoding variational Bayes. 2014. https://arxiv.org/abs/1312.6114
        Rezende, Mohamed, Wierstra: Stochastic backpropagation. 2014.
        https://arxiv.org/abs/1401.4082
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        encoder_objective: Callable[[Inference], Terms] | None = None,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        require_rate(encoder.family, prior)
        self.objective = objective
        self.encoder_objective = encoder_objective
        if encoder_objective is not None:
            _require_apart(encoder, decoder)

    def players(self) -> Mapping[str, Player]:
        """One player, everything; or two, where encoder and decoder have a bound each."""
        if (of_encoder := self.encoder_objective) is None:
            return {"model": Player([self], self.terms)}
        return {
            "decoder": Player([self.decoder, self.prior], self.terms),
            "encoder": Player([self.encoder], lambda batch: of_encoder(self.infer(batch))),
        }

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        return Report(costs, inference.q.mean, rates(inference.q, inference.z, inference.prior))

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)


def _require_apart(encoder: Conditional, decoder: Conditional) -> None:
    """Raise UserError where two players would move the same weights."""
    if not set(encoder.parameters()).isdisjoint(decoder.parameters()):
        raise UserError(
            "objective=piwae trains encoder and decoder by a bound each, and with network=tied they"
            " share weights: use network=mlp, or objective=miwae"
        )


def require_rate(posterior: Family, prior: Prior, model: str = "vae") -> None:
    """Raise UserError where KL(q(z|x) ‖ p(z)) does not exist or is infinite."""
    q, p = choice(posterior), choice(prior)
    if not posterior.has_density:
        raise UserError(
            f"model={model} needs a posterior with a density, and posterior={q} has none:"
            f" use posterior=diagonal_gaussian, or model={'ae' if posterior.point else 'aae'}"
        )
    if not prior.has_density:
        raise UserError(
            f"model={model} needs a prior with a density, and prior={p} can only be sampled:"
            f" use prior=standard_normal, or model=ae, which samples from prior={p}"
        )
    if posterior.space != prior.space:
        raise UserError(
            f"posterior={q} lies on {posterior.space.value}, but prior={p} on"
            f" {prior.space.value}, so the rate is infinite: use {PARTNERS[posterior.space]}"
        )
    if posterior.classes != prior.classes:
        raise UserError(
            f"posterior={q} has variables of {posterior.classes} classes, but prior={p} of"
            f" {prior.classes}: set posterior.classes and prior.classes to the same number"
        )
    if posterior.curvature != prior.curvature:
        raise UserError(
            f"posterior={q} is on a ball of curvature {-posterior.curvature}, but prior={p} on"
            f" one of {-prior.curvature}: set posterior.curvature and prior.curvature to one number"
        )
