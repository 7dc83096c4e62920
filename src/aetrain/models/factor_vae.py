"""The FactorVAE: a game against the correlation of codes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import softplus

from aetrain.adversarial.outcome import Outcome, deceived, tells_all
from aetrain.conditional import Conditional
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.families import full_precision
from aetrain.models.pair import Pair
from aetrain.models.vae import require_rate
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rates
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.player import Batch, OptimizerMaker, Player
from aetrain.priors.prior import Prior

PAPERS_ADAM = partial(torch.optim.Adam, lr=1e-4, betas=(0.5, 0.9))


@final
class FactorVAE(Pair):
    """A variational autoencoder whose codes' total correlation KL(q(z) ‖ Π q(zⱼ)) costs extra.

    A discriminator T learns to tell codes from codes whose dimensions are shuffled among the
    examples of the batch. Where it is best T(z) = log q(z) / Π q(zⱼ), so `total_correlation` is
    the mean of T(z) over a batch's codes. In each step the autoencoder moves first, as in the
    paper; the discriminator then sees two sets of new draws from the same examples, where the
    paper takes the shuffled ones from other examples.

    Arguments:
        encoder: q(z|x).
        decoder: p(x|z).
        prior: p(z).
        objective: from one pass to the other terms of the autoencoder's loss.
        samples: draws S from q(z|x) for each example.
        hidden: widths of the discriminator's layers, of which the paper has six of 1000.
        discriminator_optimizer: makes the discriminator's own optimizer.

    Raises:
        UserError: where there is no rate, or there are no two dimensions to be correlated.

    References:
        Kim, Mnih: Disentangling by factorising. 2018. https://arxiv.org/abs/1802.05983
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        *,
        hidden: Sequence[int] = (256, 256, 256),
        discriminator_optimizer: OptimizerMaker = PAPERS_ADAM,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        require_rate(encoder.family, prior, "factor_vae")
        if encoder.event.numel() < 2:
            raise UserError(
                f"latent={encoder.event.numel()}: of one dimension there is no correlation;"
                " model=factor_vae needs at least 2, use latent=2"
            )
        self.objective = objective
        self.discriminator = MLP(
            [encoder.event],
            torch.Size((1,)),
            hidden=require_widths(hidden),
            activation="leaky_relu",
        )
        self.discriminator_optimizer = discriminator_optimizer

    def players(self) -> Mapping[str, Player]:
        """The autoencoder, and then the discriminator."""
        own = self.discriminator_optimizer
        return {
            "autoencoder": Player([self.encoder, self.decoder, self.prior], self.terms),
            "discriminator": Player(
                [self.discriminator],
                self.discrimination,
                own,
                "model.discriminator_optimizer",
                weights={"accuracy_real": 0.0, "accuracy_fake": 0.0},
                outcomes=outcomes(),
            ),
        }

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms and `total_correlation`, (B,)."""
        inference = self.infer(batch)
        terms = self.objective(inference)
        if "total_correlation" in terms:
            raise UserError(
                "objective=beta_tc has a total correlation of its own: use objective=elbo with"
                " model=factor_vae, or model=vae"
            )
        return {**terms, "total_correlation": sample_mean(self.log_ratio(inference.z))}

    def discrimination(self, batch: Batch) -> Terms:
        """Return `cross_entropy`, (B,), of codes against shuffled codes; ln 2 for a mere guess.

        Beside it which of the shuffled codes, `accuracy_real`, and of the codes, `accuracy_fake`,
        are told: codes are to pass for shuffled ones.
        """
        with torch.no_grad():
            codes, others = self.encoder(batch["x"]).sample((2,))
        of_codes, of_shuffled = self.log_ratio(codes), self.log_ratio(shuffled(others))
        return {
            "cross_entropy": 0.5 * (softplus(-of_codes) + softplus(of_shuffled)),
            "accuracy_real": (of_shuffled < 0).to(of_codes.dtype),
            "accuracy_fake": (of_codes >= 0).to(of_codes.dtype),
        }

    def log_ratio(self, z: Tensor) -> Tensor:
        """Return T(z), (...,), for codes (..., *latent)."""
        batch = z.shape[: z.dim() - len(self.latent)]
        return full_precision(self.discriminator(z.reshape(-1, *self.latent))).reshape(batch)

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1, and beside them T and the MMD² of codes."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        own = rates(inference.q, inference.z, inference.prior)
        more = {
            "total_correlation": sample_mean(self.log_ratio(inference.z)),
            "code_mmd": Clouds(inference.z[0], draws(inference.prior, len(inference.x))),
        }
        return Report(costs, inference.q.mean, own, more)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)


def outcomes() -> list[Outcome]:
    """Return how the game may end: T tells all codes, or finds a correlation below 0.

    To be told surely costs the autoencoder a gradient nothing, so what it lacks is a higher price.
    """
    price = ["a larger objective.weights.total_correlation"]
    so, rate = "codes stay correlated", ["a higher model.discriminator_optimizer.lr"]
    lags = "the total correlation that it finds is below 0, which none is"
    won = tells_all(so, price)
    lost = deceived(math.log(2), lags, rate, ["cross_entropy"])
    return [replace(end, paid="total_correlation") for end in (won, lost)]


def shuffled(z: Tensor) -> Tensor:
    """Return codes (B, *latent), each dimension in an order of its own over the batch."""
    return z.gather(0, torch.rand_like(z).argsort(0))
