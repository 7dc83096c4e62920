"""Variational deep embedding."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.mixture import Mixture
from aetrain.errors import UserError, choice
from aetrain.evaluation.clustering import of_batch
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.models.pair import Pair
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms, sample_mean
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.gaussian_mixture import GaussianMixture
from aetrain.priors.mixture_prior import MixturePrior
from aetrain.priors.prior import Prior
from aetrain.stage import Stage


@final
class VaDE(Pair):
    """A VAE whose prior is a learned mixture of Gaussians, Σ_c π_c N(z; μ_c, Σ_c): clusters.

    Stage `pretraining` trains encoder and decoder as an autoencoder, with the mean of q(z|x) as the
    code. Then a mixture is fitted to codes of training examples (expectation maximisation, of
    several starts one whose parts are likely, even and apart), and stage `clusters` trains all of
    it by the bound whose

        `rate` = Σ_c γ_c KL(q(z|x) ‖ N(μ_c, Σ_c)) + KL(γ ‖ π),  γ_c = p(c|z) at a draw of z.

    The paper's Σ_c are diagonal; with `prior=full_gaussian_mixture` they are not.

    The cluster of x is the likeliest one at the mean of q(z|x). Where there are labels, evaluations
    report `cluster_accuracy`, `nmi` and `ari`; nothing is trained by them.

    Arguments:
        encoder: q(z|x), a diagonal Gaussian.
        decoder: p(x|z).
        prior: the mixture.
        samples: draws S of z for each example.
        pretraining_epochs: of the first stage at most; 0 leaves it out; None: `trainer.max_epochs`.
        starts: of expectation maximisation.

    Raises:
        UserError: where posterior or prior are others, or a number is out of its range.

    References:
        Jiang, Zheng, Tan, Tang, Zhou: Variational deep embedding: an unsupervised and generative
        approach to clustering. 2017. https://arxiv.org/abs/1611.05148
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        samples: int = 1,
        *,
        pretraining_epochs: int | None = None,
        starts: int = 5,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        _require_gaussians(encoder, prior)
        if pretraining_epochs is not None and pretraining_epochs < 0:
            raise UserError(
                f"model.pretraining_epochs={pretraining_epochs}: must be 0 or more, or null"
            )
        if starts < 1:
            raise UserError(f"model.starts={starts}: must be at least 1")
        self.starts = starts
        first = Stage("pretraining", pretraining_epochs, watched="distortion")
        self.stages = (*([] if pretraining_epochs == 0 else [first]), Stage("clusters"))

    @property
    def mixture(self) -> MixturePrior:
        """The prior, whose parts are the clusters."""
        assert isinstance(self.prior, MixturePrior)
        return self.prior

    @property
    def clusters(self) -> bool:
        """Whether the present stage is the last one."""
        return self.position.stage == len(self.stages) - 1

    def players(self) -> Mapping[str, Player]:
        """The autoencoder, and then everything."""
        if not self.clusters:
            return {"autoencoder": Player([self.encoder, self.decoder], self.first_terms)}
        return {"model": Player([self.encoder, self.decoder, self.prior], self.terms)}

    def require(self, data: DataModule) -> None:
        """Refuse fewer training examples than clusters."""
        if (found := len(data.tables["train"])) < len(self.mixture.loc):
            raise UserError(
                f"prior.components={len(self.mixture.loc)}: are fitted to codes, and there are"
                f" {found} training examples: use fewer components, or more data"
            )

    def begin_stage(self, data: DataModule) -> None:
        """Fit the mixture to codes of the pre-trained encoder."""
        if not self.clusters or len(self.stages) == 1:
            return
        self.mixture.begin(
            lambda x: self.encoder(x).mean,
            data,
            starts=self.starts,
            seed=self.seed,
            world=self.world,
        )

    def first_terms(self, batch: Batch) -> Terms:
        """Return the distortion of the code that is the mean of q(z|x)."""
        q = self.encoder(batch["x"])
        z, target = q.mean.unsqueeze(0), batch.get("target", batch["x"])
        return reconstruction(Inference(target, q, z, self.decoder(z), self.prior()))

    def terms(self, batch: Batch) -> Terms:
        """Return the two terms of the bound."""
        distortion, rate, _ = self._costs(batch)
        return {"distortion": distortion, "rate": rate}

    def _costs(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return distortion and rate, (B,), and the code, (B, D)."""
        x, q, z, p, prior = self.infer(batch)
        assert isinstance(q, DiagonalNormal)
        assert isinstance(prior, Mixture)
        return sample_mean(-p.log_prob(x)), mixture_rate(q, z, prior), q.mean

    def report(self, batch: Batch) -> Report:
        """Return the two terms of the bound at weight 1, or the distortion; and the clusters."""
        p = self.mixture()
        if self.clusters:
            distortion, rate, code = self._costs(batch)
            costs = {"distortion": distortion, "rate": rate}
        else:
            terms = self.first_terms(batch)
            costs = {k: v for k, v in terms.items() if isinstance(v, Tensor)}
            code = self.encoder(batch["x"]).mean
        assigned = p.responsibilities(code)
        found = of_batch(assigned.argmax(-1), batch, len(p.logits))
        return Report(costs, code, None, clusters=found, assigned=assigned)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)


def mixture_rate(q: DiagonalNormal, z: Tensor, p: Mixture) -> Tensor:
    """Return Σ_c γ_c KL(q ‖ N(μ_c, Σ_c)) + KL(γ ‖ π), (B,), γ at draws z (S, B, D)."""
    log_gamma = p.log_responsibilities(z)
    information = log_gamma - log_softmax(p.logits, -1)
    return (log_gamma.exp() * (p.divergences(q) + information)).sum(-1).mean(0)


def _require_gaussians(encoder: Conditional, prior: Prior) -> None:
    if not isinstance(encoder.family, DiagonalGaussian):
        raise UserError(
            f"posterior={choice(encoder.family)}: model=vade has a closed form for Gaussians only:"
            " use posterior=diagonal_gaussian"
        )
    ring = isinstance(prior, GaussianMixture) and prior.fixed
    if ring or not isinstance(prior, MixturePrior):
        raise UserError(
            "prior: model=vade learns clusters as parts of its prior: use prior=gaussian_mixture"
            " with prior.layout=learned, or prior=full_gaussian_mixture"
        )
