"""A variational autoencoder of codes."""

from collections.abc import Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.conditional import Conditional
from aetrain.distributions.marginal import Marginal
from aetrain.evaluation.importance import log_evidence
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.mlp import MLP
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from aetrain.samplers.standardise import Standardise

LEAST_SCALE = 1e-3
"""Of γ, in units of the codes' standard deviation."""


@final
class CodeVAE(nn.Module):
    """p(z) = ∫ N(z; f(u), γ² I) N(u; 0, I) du with u of as many dimensions as z.

    f and q(u|z) are perceptrons on codes of mean 0 and variance 1. Where codes fill a curved
    surface, a first autoencoder's, the second has a much easier task than the first, since its
    data and its latents are of the same dimension: the codes of codes are spread nearly as
    N(0, I) is.

    Arguments:
        size: D.
        hidden: widths of each perceptron.

    References:
        Dai, Wipf: Diagnosing and enhancing VAE models. 2019. https://arxiv.org/abs/1903.05789
    """

    def __init__(self, size: int, *, hidden: Sequence[int] = (512, 512)) -> None:
        super().__init__()
        event = torch.Size((size,))
        network = partial(MLP, hidden=tuple(hidden))
        self.standard = Standardise(size)
        self.encoder = Conditional(network, DiagonalGaussian(event), [event])
        likelihood = Gaussian(event, sigma="shared", minimum=LEAST_SCALE)
        self.decoder = Conditional(network, likelihood, [event])
        self.prior = StandardNormal(event)

    def begin(self, codes: Tensor) -> None:
        """Take the codes' (N, D) mean and scale, once, before training."""
        self.standard.begin(codes)
        self.decoder.family.prepare(lambda n: self.standard(codes.to(self.standard.loc))[:n])

    def costs(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return −log p(z|u) and KL(q(u|z) ‖ p(u)) in nats, each (B,), for codes (B, D)."""
        v = self.standard(codes)
        q = self.encoder(v)
        u = q.rsample((1,))
        terms = elbo(Inference(v, q, u, self.decoder(u), self.prior()))
        distortion, rate = terms["distortion"], terms["rate"]
        assert isinstance(distortion, Tensor)
        assert isinstance(rate, Tensor)
        return distortion + self.standard.log_volume, rate

    def forward(self) -> Distribution:
        """Return p(z), whose density is an estimate."""
        prior = self.prior()
        return self.standard.undone(Marginal(self.encoder, self.decoder, prior, prior.event_shape))

    def log_prob(self, codes: Tensor, samples: int) -> Tensor:
        """Return importance-sampled estimates of log p(z), (N,), for codes (N, D)."""
        v = self.standard(codes)
        found = log_evidence(self.encoder, self.decoder, self.prior(), v, samples)
        return found - self.standard.log_volume
