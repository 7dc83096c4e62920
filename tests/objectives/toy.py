"""Small models whose evidence and posteriors are known, in float64."""

import copy
import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.objectives.inference import Inference

B, D, N = 4, 3, 5


class Linear(nn.Module):
    """x = W z + b + σ ε, z ~ N(0, I): probabilistic PCA, whose posterior and evidence are known.

    The encoder is any Gaussian with parameters (loc, factor) for each example; `exact` gives it
    those of the posterior.
    """

    def __init__(self, exact: bool = False) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(N, D).double())
        self.b = nn.Parameter(torch.randn(N).double())
        self.log_sigma = nn.Parameter(torch.tensor(-0.5).double())
        self.x = torch.randn(B, N).double()
        loc, factor = self.posterior()
        if not exact:
            loc = loc + 0.5 * torch.randn(B, D).double()
            factor = factor + 0.3 * torch.eye(D).double()
        self.loc = nn.Parameter(loc.detach())
        self.factor = nn.Parameter(factor.detach())

    def posterior(self) -> tuple[Tensor, Tensor]:
        """Return mean (B, D) and Cholesky factor (B, D, D) of p(z|x)."""
        variance = (2 * self.log_sigma).exp()
        precision = self.w.T @ self.w / variance + torch.eye(D).double()
        covariance = torch.linalg.inv(precision)
        loc = (self.x - self.b) @ self.w / variance @ covariance
        return loc, torch.linalg.cholesky(covariance).expand(B, D, D)

    def evidence(self) -> Tensor:
        """Return log p(x), (B,)."""
        variance = (2 * self.log_sigma).exp()
        covariance = self.w @ self.w.T + variance * torch.eye(N).double()
        return MultivariateNormal(self.b, covariance).log_prob(self.x)

    @property
    def q(self) -> FullNormal:
        """q(z|x)."""
        factor = self.factor.tril()
        return FullNormal(self.loc, factor, factor.diagonal(dim1=-2, dim2=-1).log())

    @property
    def encoder(self) -> list[nn.Parameter]:
        """The parameters of q."""
        return [self.loc, self.factor]

    @property
    def decoder(self) -> list[nn.Parameter]:
        """The parameters of p(x|z)."""
        return [self.w, self.b, self.log_sigma]

    def repeated(self, n: int) -> "Linear":
        """Return the same model with n copies of the examples and of their own parameters of q."""
        twin = copy.copy(self)
        twin._parameters = dict(self._parameters)
        twin.x = self.x.repeat(n, 1)
        twin.loc = nn.Parameter(self.loc.detach().repeat(n, 1))
        twin.factor = nn.Parameter(self.factor.detach().repeat(n, 1, 1))
        return twin

    def infer(self, samples: int) -> Inference:
        """Return one pass with new draws."""
        q = self.q
        z = q.rsample((samples,))
        p = DiagonalNormal(z @ self.w.T + self.b, self.log_sigma.expand(samples, len(self.x), N), 1)
        return Inference(self.x, q, z, p, StandardNormal(torch.zeros(D).double(), 1))


def gradients(cost: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    """Return the gradients of a cost's sum, zeros where there are none."""
    found = torch.autograd.grad(cost.sum(), parameters, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]


class Moments(NamedTuple):
    """Mean and standard error over repetitions, of any shape."""

    mean: Tensor
    error: Tensor


def moments(values: Tensor) -> Moments:
    """Return mean and standard error over the first dimension."""
    return Moments(values.mean(0), values.std(0) / math.sqrt(len(values)))


def terms_of(objective: Any, inference: Inference, **options: Any) -> dict[str, Tensor]:
    """Return an objective's terms, all of them tensors."""
    return dict(objective(inference, **options))


def pass_of(q: Distribution, prior: Distribution, samples: int = 1) -> Inference:
    """Return a pass whose decoder is N(0, 1) for each latent dimension and x is z of an example."""
    z = q.rsample((samples,))
    zero = torch.zeros_like(z)
    p = DiagonalNormal(z, zero, len(q.event_shape))
    return Inference(q.mean.detach(), q, z, p, prior)
