"""The Hamiltonian variational autoencoder."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.dynamics.between import log_between, raw_between
from aetrain.dynamics.hamiltonian_flow import HamiltonianFlow
from aetrain.dynamics.leapfrog import Force
from aetrain.dynamics.tempering import tempering_named
from aetrain.errors import UserError, choice
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.families import Family, soft_bound
from aetrain.likelihoods.batch_variance import BatchVariance
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.spaces import Space

FORCE_BOUND = 1e4
"""Of each dimension, softly: with any force the bound is one, but a great one leads far off."""


@final
class HamiltonianVAE(Autoencoder):
    """A variational autoencoder whose draws from q(z|x) follow the gradient of log p(x, z).

    z₀ ~ q(z|x) is given a random momentum and moved by K leapfrog steps on U(z) = −log p(x, z); of
    the extended space's bound, `distortion` is −log p(x|z_K) and `rate` the rest, see
    `HamiltonianFlow`. With K = 0 it is the variational autoencoder. The bound is differentiated
    through the steps, whose forces are gradients already: on a CPU a step of training takes about
    2 + 1.1 K times as long as one of the variational autoencoder.

    Arguments:
        encoder: q(z₀|x).
        decoder: p(x|z), differentiable twice in z.
        prior: p(z), likewise.
        objective: from one pass to the terms of the loss.
        samples: draws S for each example.
        steps: K.
        step_size: ε before training; it is learned, for each dimension.
        largest_step: upper bound of ε, above which the steps would not be stable.
        tempering: how the momentum cools down: `none`, `fixed` (one learned number β₀) or `free`
            (one for each step).
        beta: β₀ before training, the inverse temperature that the momentum begins with.

    Raises:
        UserError: where posterior or prior has no density or does not reach all real vectors, where
            the likelihood changes with each batch that it scores, or a number is out of its range.

    References:
        Caterini, Doucet, Sejdinovic: Hamiltonian variational auto-encoder. 2018.
        https://arxiv.org/abs/1805.11328
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        *,
        steps: int = 4,
        step_size: float = 0.05,
        largest_step: float = 0.5,
        tempering: Literal["none", "fixed", "free"] = "fixed",
        beta: float = 0.3,
    ) -> None:
        super().__init__()
        _require_real(encoder.family, prior)
        _require_fixed(decoder)
        _require_steps(steps, step_size, largest_step)
        self.encoder, self.decoder, self.prior = encoder, decoder, prior
        self.objective, self.samples = objective, samples
        self.steps, self.largest_step = steps, largest_step
        self.tempering = tempering_named(tempering, steps, beta)
        raw = torch.full(encoder.event, raw_between(step_size / largest_step))
        self.raw_step = nn.Parameter(raw, requires_grad=steps > 0)

    @property
    def step_size(self) -> Tensor:
        """ε, (D,)."""
        return self.largest_step * log_between(self.raw_step).exp()

    def players(self) -> Mapping[str, Player]:
        """One player: everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def infer(self, batch: Batch) -> Inference:
        """Pass a batch through encoder, dynamics and decoder."""
        q = self.encode(batch["x"])
        z = q.rsample((self.samples,))
        return Inference(batch.get("target", batch["x"]), q, z, self.decoder(z), self.prior())

    @property
    def latent(self) -> torch.Size:
        """The shape of one code."""
        return self.encoder.event

    def encode(self, x: Tensor) -> HamiltonianFlow:
        """Return what the dynamics make of q(z₀|x), batch shape (B,), for x (B, *event)."""
        # noise may have moved x to where p(x|z) has no density
        support = self.decoder.family.support
        inside = x.clamp(support.low, support.high)
        force: Force = partial(self._force, inside)  # pyright: ignore[reportAssignmentType]
        return HamiltonianFlow(self.encoder(x), force, self.step_size, self.tempering())

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for z (*batch, *latent)."""
        return self.decoder(z)

    def codes(self) -> Distribution:
        """Return p(z)."""
        return self.prior()

    def report(self, batch: Batch) -> Report:
        """Return the two terms of the negative bound at weight 1."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        return Report(costs, inference.q.mean, None)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it.

        Proposals are z₀ ~ q(z₀|x): p(x) is the same whatever explores it, and a pair (z_K, ρ_K)
        takes the time of more than 2 K of them without being worth as many.
        """
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)

    @torch.compiler.disable  # which cannot differentiate twice
    def _force(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ∇ log p(x, z) at z, differentiable where gradients are enabled."""
        graph = torch.is_grad_enabled()
        # evaluations run without gradients, but these are a part of the model
        # of attention only the plain kernel can be differentiated twice
        with torch.inference_mode(False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            seen = x.clone() if x.is_inference() else x
            at = z if graph and z.requires_grad else z.detach().clone().requires_grad_()
            joint = self.decoder(at).log_prob(seen) + self.prior().log_prob(at)
            (gradient,) = torch.autograd.grad(joint.sum(), at, create_graph=graph)
            return soft_bound(gradient, FORCE_BOUND)


def _require_real(posterior: Family, prior: Prior) -> None:
    """Raise UserError where the dynamics have no density to follow, or leave the space of codes."""
    q, p = choice(posterior), choice(prior)
    if not posterior.has_density or posterior.space != Space.REAL:
        raise UserError(
            f"model=hamiltonian_vae moves draws through all real vectors and needs their density,"
            f" which posterior={q} does not give: use posterior=diagonal_gaussian"
        )
    if not prior.has_density or prior.space != Space.REAL:
        raise UserError(
            f"model=hamiltonian_vae follows the density of all real vectors under the prior, and"
            f" prior={p} has none: use prior=standard_normal"
        )


def _require_fixed(decoder: Conditional) -> None:
    """Raise UserError where p(x|z) changes with each batch that is scored."""
    if any(isinstance(module, BatchVariance) for module in decoder.modules()):
        raise UserError(
            "likelihood.sigma=optimal: model=hamiltonian_vae scores a batch several times a step,"
            " and each would change sigma; use likelihood.sigma=shared"
        )


def _require_steps(steps: int, step_size: float, largest_step: float) -> None:
    """Raise UserError where a number is out of its range."""
    if steps < 0:
        raise UserError(f"model.steps={steps}: must be 0 or more, such as 4")
    if not 0 < step_size < largest_step < math.inf:
        raise UserError(
            f"model.step_size={step_size}, model.largest_step={largest_step}: must be above 0 and"
            " in this order, such as 0.05 and 0.5"
        )
