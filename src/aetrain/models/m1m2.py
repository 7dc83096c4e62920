"""The stacked semi-supervised generative model M1+M2."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.classes.class_vae import Classes, ClassVAE
from aetrain.classes.labelled import classification, require_classes, scores
from aetrain.classes.looked_through import LookedThrough
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.models.pair import Pair
from aetrain.models.vae import require_rate
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.elbo import elbo
from aetrain.objectives.rate import rates
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from aetrain.stage import Stage


@final
class M1M2(Pair):
    """A VAE of x, and then, with its weights fixed, M2 of its codes: p(x|z) p(z|y, u) p(u) / K.

    Stage `codes` trains q(z|x) and p(x|z) by the ELBO, from all examples. Stage `classes` trains
    q(y|z), q(u|z, y) and p(z|y, u) on draws of q(z|x) as `model=m2` does on x: `code_distortion`
    and `code_rate` of the bound, and `classification` of the labelled examples. The `rate` is then
    log q(z|x) and that bound, so `elbo` and log p(x) are those of the whole model.

    Arguments:
        pieces: makes the VAE, and how the class enters M2's networks.
        samples: draws S of z for each example, in the first stage.
        hidden: widths of M2's networks.
        style: dimensions of u.
        second_epochs: of the second stage at most; None: `trainer.max_epochs`.
        watched: validation figure by which the second stage's weights are chosen, `cost` or
            `error`, which needs the validation's labels.

    Raises:
        UserError: where there is no conditioning, another objective or prior, no rate, or a number
            is out of its range.

    References:
        Kingma, Rezende, Mohamed, Welling: Semi-supervised learning with deep generative models.
        2014. https://arxiv.org/abs/1406.5298
    """

    sets_condition = True

    def __init__(
        self,
        pieces: Pieces,
        samples: int = 1,
        *,
        hidden: Sequence[int] = (500,),
        style: int = 50,
        second_epochs: int | None = None,
        watched: str = "cost",
    ) -> None:
        pieces.require_own(
            "m1m2", objective=(elbo, "elbo"), prior=(StandardNormal, "standard_normal")
        )
        _require_numbers(hidden, style, second_epochs, watched)
        condition = require_classes(pieces, "m1m2")
        latent, event = pieces.latent, pieces.event
        encoder = Conditional(pieces.plain_encoder_network, pieces.posterior(latent), [event])
        network = pieces.plain_decoder_network(encoder.network)
        decoder = Conditional(network, pieces.likelihood(event), [latent])
        super().__init__(encoder, decoder, StandardNormal(latent), samples)
        require_rate(encoder.family, self.prior, "m1m2")
        plain = partial(MLP, hidden=tuple(hidden), activation="softplus")
        assert pieces.conditioning is not None
        under, u = pieces.conditioning.apply(plain), torch.Size((style,))
        self.second = ClassVAE(
            Conditional(plain, Classes(condition.shape), [latent]),
            Conditional(under, DiagonalGaussian(u), [latent]),
            Conditional(under, DiagonalGaussian(latent), [u]),
            StandardNormal(u),
            condition,
        )
        self.stages = (
            Stage("codes"),
            Stage("classes", second_epochs, corrupted=False, watched=watched),
        )

    def players(self) -> Mapping[str, Player]:
        """The VAE, and in the second stage M2."""
        if self.position.stage == 0:
            return {"model": Player([self.encoder, self.decoder], self.terms)}
        return {"classes": Player([self.second], self.second_terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the two terms of −ELBO."""
        return elbo(self.infer(batch))

    def second_terms(self, batch: Batch) -> Terms:
        """Return M2's terms of the codes of a batch."""
        beside = {"y_labelled": batch["y_labelled"]} if "y_labelled" in batch else {}
        codes = {name: self._codes_of(x) for name, x in batch.items() if name.startswith("x")}
        bound = self.second.bound(codes["x"], batch.get("y"))
        given = {**codes, **beside, **({"y": batch["y"]} if "y" in batch else {})}
        return {
            "code_distortion": bound.distortion,
            "code_rate": bound.rate,
            "classification": classification(self.second.classifier, bound.classes, given),
        }

    @torch.no_grad()
    def _codes_of(self, x: Tensor) -> Tensor:
        return self.encoder(x).sample()

    def codes(self) -> Distribution:
        """Return p(z): the first stage's, then Σ_y ∫ p(z|y, u) p(u) du / K."""
        if self.position.stage == 0:
            return self.prior()
        second = self.second
        return LookedThrough(second.joint_prior(), second.likelihood, second.posterior, self.latent)

    def class_probabilities(self, x: Tensor) -> Tensor:
        """Return q(y|z) at the mean of q(z|x), (B, K)."""
        return self.second.classifier(self.encoder(x).mean).probs

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1, of the present stage's model of x."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        code = inference.q.mean
        if self.position.stage == 0:
            return Report(costs, code, rates(inference.q, inference.z, inference.prior))
        z = inference.z[0]
        bound = self.second.bound(z)
        costs["rate"] = inference.q.log_prob(z) + bound.distortion + bound.rate
        return Report(costs, code, None, scores=scores(self.second.classifier(code), batch))

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.codes(), x, samples)


def _require_numbers(hidden: Sequence[int], style: int, epochs: int | None, watched: str) -> None:
    require_widths(hidden)
    if style < 1:
        raise UserError(f"model.style={style}: must be at least 1")
    if epochs is not None and epochs < 1:
        raise UserError(f"model.second_epochs={epochs}: must be at least 1, or null")
    if watched not in ("cost", "error"):
        raise UserError(f"model.watched={watched}: choose cost or error")
