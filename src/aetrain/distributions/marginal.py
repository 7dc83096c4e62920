"""The distribution that a variational autoencoder defines."""

from collections.abc import Callable
from typing import Any, final

from torch import Tensor
from torch.distributions import Distribution


@final
class Marginal(Distribution):
    """p(z) = ∫ p(z|u) p(u) du; draws are exact, the density is estimated from one draw of q(u|z).

    p(z|u) p(u) / q(u|z) with u ~ q(u|z) is p(z) on average, so the mean of its logarithm, which is
    what `log_prob` returns, is a lower bound: the ELBO of z.

    Arguments:
        encode: z (*batch, D) -> q(u|z), batch shape (*batch,).
        decode: u (*batch, E) -> p(z|u), batch shape (*batch,).
        prior: p(u), batch shape ().
        event: shape of z.

    References:
        Kingma, Welling: Auto-encoding variational Bayes. 2014. https://arxiv.org/abs/1312.6114
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(
        self,
        encode: Callable[[Tensor], Distribution],
        decode: Callable[[Tensor], Distribution],
        prior: Distribution,
        event: Any,
    ) -> None:
        self.encode, self.decode, self.prior = encode, decode, prior
        super().__init__(prior.batch_shape, event, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, D)."""
        return self.decode(self.prior.rsample(sample_shape)).rsample()

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z|u) + log p(u) − log q(u|z) at one draw u, (...,), for z (..., D)."""
        q = self.encode(value)
        u = q.rsample()
        return self.decode(u).log_prob(value) + self.prior.log_prob(u) - q.log_prob(u)
