"""The joint variational autoencoder of an example and its label."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, final

import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import one_hot

from aetrain.autoencoder import Autoencoder
from aetrain.classes.class_vae import Classes
from aetrain.classes.labelled import require_classes, scores
from aetrain.conditional import Conditional
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.models.vae import require_rate
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate, rates
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


class _Costs(NamedTuple):
    """Of what is known of each example, each (B,); those of a label are 0 where there is none."""

    distortion: Tensor
    rate: Tensor
    label_distortion: Tensor
    x_divergence: Tensor
    y_divergence: Tensor


@final
class JVAE(Autoencoder):
    """p(x, y, z) = p(z) p(x|z) p(y|z) with q(z|x, y), and q(z|x), q(z|y) that are drawn to it.

    An example with a label pays −log p(x, y)'s bound, `distortion` = E[−log p(x|z)],
    `label_distortion` = E[−log p(y|z)] and `rate` = KL(q(z|x, y) ‖ p(z)), and beside it the terms
    of JMVAE-kl, `x_divergence` = KL(q(z|x, y) ‖ q(z|x)) and `y_divergence` =
    KL(q(z|x, y) ‖ q(z|y)), of weight α each. One without a label pays −log p(x)'s bound under
    q(z|x).

    Codes, reconstructions and log p(x) are by q(z|x); it predicts by p(y|z) at the mean of that.
    `sample(n, condition=3)` draws x given y: codes of q(z|y). It watches −log p(x)'s bound.

    Arguments:
        pieces: makes q(z|x, y), which sees the class as `conditioning` says, and q(z|x), p(x|z)
            and p(z), which do not.
        samples: draws S of z for each example.
        hidden: widths of the layers of q(z|y) and of p(y|z).

    Raises:
        UserError: where there is no conditioning, another objective, or no rate.

    References:
        Suzuki, Nakayama, Matsuo: Joint multimodal learning with deep generative models. 2016.
        https://arxiv.org/abs/1611.01891
    """

    sets_condition = True
    decodes_condition = False

    def __init__(self, pieces: Pieces, samples: int = 1, *, hidden: Sequence[int] = (128,)) -> None:
        super().__init__()
        pieces.require_own("jvae", objective=(elbo, "elbo"))
        self.condition = require_classes(pieces, "jvae")
        classes, network = self.condition.shape, partial(MLP, hidden=require_widths(hidden))
        self.joint_encoder = pieces.encoder
        posterior = pieces.posterior(pieces.latent)
        self.encoder = Conditional(pieces.plain_encoder_network, posterior, [pieces.event])
        self.label_encoder = Conditional(network, pieces.posterior(pieces.latent), [classes])
        likelihood = pieces.likelihood(pieces.event)
        decoder = pieces.plain_decoder_network(self.encoder.network)
        self.decoder = Conditional(decoder, likelihood, [pieces.latent])
        self.label_decoder = Conditional(network, Classes(classes), [pieces.latent])
        self.prior = pieces.prior_alone(pieces.latent, "jvae")
        require_rate(self.encoder.family, self.prior, "jvae")
        self.samples, self.space = samples, self.encoder.family.space

    def players(self) -> Mapping[str, Player]:
        """One player, everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return what each example pays, (B,)."""
        return {**self._costs(batch)._asdict()}

    def _costs(self, batch: Batch) -> _Costs:
        x, prior = batch["x"], self.prior()
        y = batch.get("y", torch.full((len(x),), -1, device=x.device))
        known, y = y >= 0, y.clamp_min(0)
        of_x, (of_both, of_label) = self.encoder(x), self._given_labels(x, y)
        drawn, joint = of_x.rsample((self.samples,)), of_both.rsample((self.samples,))
        z = torch.where(known.unsqueeze(1), joint, drawn)
        distortion = sample_mean(-self.decoder(z).log_prob(batch.get("target", x)))
        of_labels = (
            sample_mean(-self.label_decoder(z).log_prob(y)),
            rate(of_both, joint, of_x),
            rate(of_both, joint, of_label),
        )
        own = torch.where(known, rate(of_both, joint, prior), rate(of_x, drawn, prior))
        return _Costs(distortion, own, *(torch.where(known, cost, 0.0) for cost in of_labels))

    def _given_labels(self, x: Tensor, y: Tensor) -> tuple[Distribution, Distribution]:
        """Return q(z|x, y) and q(z|y)."""
        c = one_hot(y, self.condition.shape.numel()).to(x)
        with self.condition.given(c):
            return self.joint_encoder(x), self.label_encoder(c)

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
        """Return p(z), or where a condition is given q(z|y), batch shape (B,)."""
        if (c := self.condition.present) is None:
            return self.prior()
        return self.label_encoder(c.to(self.dtype))

    def class_probabilities(self, x: Tensor) -> Tensor:
        """Return p(y|z) at the mean of q(z|x), (B, K)."""
        return self.label_decoder(self.encoder(x).mean).probs

    def report(self, batch: Batch) -> Report:
        """Return the terms of −log p(x)'s bound, the cost of all that is known, and the errors."""
        x, q, prior = batch["x"], self.encoder(batch["x"]), self.prior()
        z = q.rsample((1,))
        inference = Inference(batch.get("target", x), q, z, self.decoder(z), prior)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        known = self._costs(batch)
        more = {"joint_cost": known.distortion + known.rate + known.label_distortion}
        found = self.label_decoder(q.mean)
        return Report(costs, q.mean, rates(q, z, prior), more, scores=scores(found, batch))

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)
