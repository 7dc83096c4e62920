"""A Gaussian mixture as the model that others are held against."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily

from aetrain.autoencoder import Autoencoder
from aetrain.classes.stepwise_em import StepwiseEM
from aetrain.data.module import DataModule
from aetrain.distributions.around_plane import AroundPlane
from aetrain.distributions.delta import Delta
from aetrain.distributions.full_normal import FullNormal
from aetrain.errors import UserError
from aetrain.evaluation.tally import Report
from aetrain.families import soft_bound, unbound
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.mlp import MLP
from aetrain.objectives.elbo import elbo
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from aetrain.samplers.gaussian_mixture import GaussianMixture
from aetrain.seeding import INITIALISE, seed_torch

LOG_SCALE_BOUND = 10.0
LEAST_SCALE = 1e-3
MOST_STEPS = 1000


@final
class GMM(Autoencoder):
    """p(x) = Σₖ πₖ N(s; μₖ, Σₖ) N(r; 0, σ² I): scores s on principal axes, and what is left, r.

    With as many axes as x has values it is a Gaussian mixture of x. Before the first step axes,
    mixture (scikit-learn's expectation maximisation) and σ are fitted to training examples in
    memory. Training then leaves them as they are, or goes on over all examples, which may be more
    than fit there: with `minibatch` by stepwise expectation maximisation of the scores' mixture
    (`StepwiseEM`), which then begins after one step on those in memory, or with `rate` by the
    gradient of log p(x).

    A code is s; `distortion` = −log N(r; 0, σ² I), `rate` = −log p(s), and the `elbo` is log p(x).

    Arguments:
        pieces: shape of x, and how many axes.
        components: K.
        examples: at most so many training examples that it is fitted to.
        floor: added to the diagonals of Σₖ, so that none becomes singular.
        rate: learning rate after that, over that of `optimizer`; 0: no gradient moves it.
        minibatch: whether the mixture follows every batch.
        power: α of the steps (t + t₀)^−α with which it does.
        delay: t₀.

    Raises:
        UserError: where groups that it has no use for are chosen, or a number is out of its range.

    References:
        Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM algorithm. 1977.
        https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
        Tipping, Bishop: Mixtures of probabilistic principal component analysers. 1999.
        https://doi.org/10.1162/089976699300016728
        Cappé, Moulines: On-line expectation-maximization algorithm for latent data models. 2009.
        https://arxiv.org/abs/0712.4273
    """

    basis: Tensor

    def __init__(
        self,
        pieces: Pieces,
        *,
        components: int = 10,
        examples: int = 20_000,
        floor: float = 1e-4,
        rate: float = 0.0,
        minibatch: bool = False,
        power: float = 0.6,
        delay: float = 2.0,
    ) -> None:
        super().__init__()
        pieces.require_own(
            "gmm",
            likelihood=(Gaussian, "gaussian"),
            posterior=(DiagonalGaussian, "diagonal_gaussian"),
            prior=(StandardNormal, "standard_normal"),
            network=(MLP, "mlp"),
            objective=(elbo, "elbo"),
        )
        numbers = {"examples": (examples, 2), "rate": (rate, 0), "components": (components, 1)}
        for key, (value, least) in numbers.items():
            if value < least:
                raise UserError(f"model.{key}={value}: must be {least} or more")
        if not floor > 0:
            raise UserError(f"model.floor={floor}: must be above 0, such as 1e-4")
        if minibatch and rate:
            raise UserError(
                f"model.minibatch: moves the mixture itself, and model.rate={rate} would too: set"
                " model.rate=0"
            )
        self.event, size = pieces.event, pieces.event.numel()
        d = min(pieces.latent.numel(), size)
        # what is wrong with the numbers is said now
        steps = 1 if minibatch else MOST_STEPS
        self.fitted = GaussianMixture((d,), components=components, floor=floor, iterations=steps)
        self.fitted.requires_grad_(False)
        self.examples, self.rate = examples, rate
        # the fit replaces all of these
        self.mean = nn.Parameter(0.1 * torch.randn(size))
        self.register_buffer("basis", torch.eye(size)[:, :d].contiguous())
        self.raw_scale = nn.Parameter(torch.zeros(()), requires_grad=d < size)
        self.logits = nn.Parameter(torch.zeros(components))
        self.loc = nn.Parameter(torch.randn(components, d))
        self.factor = nn.Parameter(torch.eye(d).repeat(components, 1, 1))
        own = self.logits, self.loc, self.factor
        stepwise = StepwiseEM(*own, floor=floor, power=power, delay=delay)
        self.stepwise = stepwise if minibatch else None

    def require(self, data: DataModule) -> None:
        """Refuse fewer training examples than components."""
        found = min(self.examples, len(data.tables["train"]))
        if found < self.fitted.least:
            raise UserError(
                f"model.components={len(self.logits)}: there are {found} training examples to fit"
                " them to: use fewer components, or more data"
            )

    @torch.no_grad()
    def begin_stage(self, data: DataModule) -> None:
        """Fit axes, mixture and σ."""
        if self.world.rank == 0:
            x = data.examples(self.examples, self.device).flatten(1).double().cpu()
            seed_torch(self.device, INITIALISE, self.seed)
            self.fit(x)
            if self.stepwise is not None:
                self.stepwise.begin()
        self.world.copy_from_first(self)

    def fit(self, x: Tensor) -> None:
        """Fit axes, mixture and σ to x (N, D), in float64 on the CPU."""
        mean, d = x.mean(0), self.basis.shape[1]
        values, axes = torch.linalg.eigh((x - mean).T @ (x - mean) / len(x))
        basis = axes.flip(1)[:, :d]
        left = values.flip(0)[d:]
        fitted = self.fitted.double()
        fitted.fit((x - mean) @ basis)
        found = {"mean": mean, "basis": basis, "logits": fitted.logits, "loc": fitted.loc}
        for name, value in {**found, "factor": fitted.factor}.items():
            getattr(self, name).data.copy_(value)
        if len(left):
            log_scale = left.mean().clamp_min(LEAST_SCALE**2).log() / 2
            self.raw_scale.data.copy_(unbound(log_scale, LOG_SCALE_BOUND))
        fitted.to(self.loc)

    def players(self) -> Mapping[str, Player]:
        """One player, everything."""
        return {"model": Player([self], self.terms, rate=self.rate)}

    def terms(self, batch: Batch) -> Terms:
        """Return the two terms of −log p(x)."""
        if self.stepwise is not None:
            z = self.scores(batch["x"])
            self.stepwise.note(z, self.responsibilities(z))
        return {**self._costs(batch)}

    @torch.no_grad()
    def responsibilities(self, z: Tensor) -> Tensor:
        """Return p(k|s), (B, K), of scores s (B, d)."""
        mixture = self.codes()
        parts = mixture.component_distribution.log_prob(z.unsqueeze(1))
        return (parts + mixture.mixture_distribution.logits).softmax(1)

    def _costs(self, batch: Batch) -> dict[str, Tensor]:
        z = self.scores(batch["x"])
        distortion = -self.decode(z).log_prob(batch.get("target", batch["x"]))
        return {"distortion": distortion, "rate": -self.codes().log_prob(z)}

    def scores(self, x: Tensor) -> Tensor:
        """Return s, (B, d), of x (B, *event)."""
        return (x.flatten(1) - self.mean) @ self.basis

    @property
    def latent(self) -> torch.Size:
        """(d,)."""
        return self.basis.shape[1:]

    def encode(self, x: Tensor) -> Distribution:
        """Return the point mass at the scores of x (B, *event)."""
        return Delta(self.scores(x), 1)

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|s), batch shape (*batch,), for s (*batch, d)."""
        loc = self.mean + z @ self.basis.T
        log_scale = soft_bound(self.raw_scale, LOG_SCALE_BOUND)
        return AroundPlane(loc, self.basis, log_scale, self.event)

    def codes(self) -> MixtureSameFamily:
        """Return Σₖ πₖ N(s; μₖ, Lₖ Lₖᵀ)."""
        diagonal = self.factor.diagonal(dim1=-2, dim2=-1).abs().clamp_min(LEAST_SCALE)
        lower = self.factor.tril(-1) + torch.diag_embed(diagonal)
        parts = FullNormal(self.loc, lower, diagonal.log())
        weights = Categorical(logits=self.logits, validate_args=False)
        return MixtureSameFamily(weights, parts, validate_args=False)

    def report(self, batch: Batch) -> Report:
        """Return the same at weight 1."""
        return Report(self._costs(batch), self.scores(batch["x"]), None)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1) -> Tensor:
        """Return log p(x), (B,), exactly, whatever the number of samples."""
        z = self.scores(x)
        return self.decode(z).log_prob(x) + self.codes().log_prob(z)
