"""The two-stage variational autoencoder."""

from collections.abc import Callable, Mapping, Sequence
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.errors import UserError, choice
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.models.vae import require_rate
from aetrain.networks.widths import require_widths
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rates
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.samplers.code_vae import CodeVAE
from aetrain.spaces import Space
from aetrain.stage import Stage

BEGUN_WITH = 10_000
"""Training examples whose codes say where the second stage begins."""


@final
class TwoStageVAE(Autoencoder):
    """A VAE, and then, with its weights fixed, a second VAE of its codes in the prior's place.

    Stage `codes` trains q(z|x) and p(x|z) with the prior p(z), as `model=vae` does. Where the data
    fill less than their space, its decoder may reconstruct them perfectly while the codes are not
    spread as the prior. Stage `density` trains p(z) = ∫ p(z|u) p(u) du by the ELBO of draws of
    q(z|x), −log p(z|u) + KL(q(u|z) ‖ p(u)), the terms `code_distortion` and `code_rate`. The model
    of x is then ∫∫ p(x|z) p(z|u) p(u), and `rate` = log q(z|x) − log p(z|u) + KL(q(u|z) ‖ p(u))
    completes its bound: `elbo` and log p(x) are those of what is sampled.

    Arguments:
        encoder: q(z|x).
        decoder: p(x|z); the paper's is Gaussian with a learned scale.
        prior: p(z) of the first stage.
        objective: of the first stage, from one pass to the terms of the loss.
        samples: draws S from q(z|x) for each example, in the first stage.
        hidden: widths of the second one's networks.
        second_epochs: of the second stage at most; None: `trainer.max_epochs`.

    Raises:
        UserError: where there is no rate, codes are not real vectors, or a number is out of its
            range.

    References:
        Dai, Wipf: Diagnosing and enhancing VAE models. 2019. https://arxiv.org/abs/1903.05789
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        *,
        hidden: Sequence[int] = (512, 512),
        second_epochs: int | None = None,
    ) -> None:
        super().__init__()
        require_rate(encoder.family, prior, "two_stage_vae")
        _require_real(encoder, hidden, second_epochs)
        self.encoder, self.decoder, self.prior = encoder, decoder, prior
        self.objective, self.samples = objective, samples
        self.second = CodeVAE(encoder.event.numel(), hidden=hidden)
        self.stages = (Stage("codes"), Stage("density", second_epochs, corrupted=False))

    def players(self) -> Mapping[str, Player]:
        """The first VAE, and in the second stage the second."""
        if self.position.stage == 0:
            return {"model": Player([self.encoder, self.decoder, self.prior], self.terms)}
        return {"density": Player([self.second], self.second_terms)}

    def begin_stage(self, data: DataModule) -> None:
        """Begin the second VAE at the codes' mean and scale."""
        if self.position.stage == 1:
            x = data.examples(BEGUN_WITH, self.device).to(self.dtype)
            self.second.begin(self._codes_of(x))

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def second_terms(self, batch: Batch) -> Terms:
        """Return the two terms of the codes' −ELBO."""
        distortion, rate = self.second.costs(self._codes_of(batch["x"]))
        return {"code_distortion": distortion, "code_rate": rate}

    @torch.no_grad()
    def _codes_of(self, x: Tensor) -> Tensor:
        return self.encoder(x).sample()

    def infer(self, batch: Batch) -> Inference:
        """Pass a batch through encoder and decoder."""
        q = self.encoder(batch["x"])
        z = q.rsample((self.samples,))
        return Inference(batch.get("target", batch["x"]), q, z, self.decoder(z), self.codes())

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
        """Return p(z): the prior's in the first stage, then the second VAE's."""
        return self.prior() if self.position.stage == 0 else self.second()

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1, of the present stage's model of x."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        return Report(costs, inference.q.mean, rates(inference.q, inference.z, inference.prior))

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.codes(), x, samples)


def _require_real(encoder: Conditional, hidden: Sequence[int], epochs: int | None) -> None:
    if encoder.family.space is not Space.REAL:
        raise UserError(
            f"model=two_stage_vae has a density of real vectors, but the codes of"
            f" posterior={choice(encoder.family)} are {encoder.family.space.value}: use model=vae"
        )
    require_widths(hidden)
    if epochs is not None and epochs < 1:
        raise UserError(f"model.second_epochs={epochs}: must be at least 1, or null")
