"""The variational mixture of posteriors."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily

from aetrain.conditional import Conditional
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.errors import UserError, choice
from aetrain.families import Examples
from aetrain.priors.prior import Prior


@final
class Vamp(Prior):
    """p(z) = 1/K Σₖ q(z|uₖ): the aggregate posterior of K learned pseudo-inputs u.

    With all training examples as pseudo-inputs it is the aggregate posterior itself. The
    pseudo-inputs begin as training examples and are kept within the data's range.

    Arguments:
        event: shape of one latent, (D,).
        encoder: q(z|x).
        components: K.

    Raises:
        UserError: where K is below 1, or the posterior's density cannot be had at any point.

    References:
        Tomczak, Welling: VAE with a VampPrior. 2018. https://arxiv.org/abs/1705.07120
    """

    low: Tensor
    high: Tensor

    def __init__(
        self, event: Sequence[int], encoder: Conditional, *, components: int = 500
    ) -> None:
        super().__init__(event)
        if components < 1:
            raise UserError(f"prior.components={components}: must be at least 1")
        family = encoder.family
        if family.has_density and not family.explicit_density:
            raise UserError(
                f"prior=vamp scores z under q(z|u), and the density of posterior={choice(family)}"
                " is known at its own draws only: use posterior=diagonal_gaussian"
            )
        self.space, self.classes = family.space, family.classes
        self.curvature, self.has_density = family.curvature, family.has_density
        self.pseudo_inputs = nn.Parameter(torch.rand(components, *encoder.given[0]))
        self.register_buffer("low", torch.tensor(0.0))
        self.register_buffer("high", torch.tensor(1.0))
        self.register_buffer("logits", torch.zeros(components), persistent=False)
        # the model's own encoder, not a second copy among this module's parameters
        self._encoder = (encoder,)

    def forward(self) -> Distribution:
        """Return the mixture, of batch shape ()."""
        u = self.pseudo_inputs
        # its own value with the gradient of u: where a clamp's is 0, u could never come back
        inside = u + (u.clamp(self.low, self.high) - u).detach()
        q = self._encoder[0](inside)
        logits: Tensor = self.logits  # pyright: ignore[reportAssignmentType]
        if isinstance(q, DiagonalNormal):
            return NormalMixture(q.loc, q.log_scale, logits)
        return MixtureSameFamily(Categorical(logits=logits), q, validate_args=False)

    @torch.no_grad()
    def prepare(self, examples: Examples) -> None:
        """Begin with training examples, repeated where there are fewer than K."""
        x = examples(len(self.pseudo_inputs))
        self.low.copy_(x.min())
        self.high.copy_(x.max())
        rows = torch.arange(len(self.pseudo_inputs), device=x.device) % len(x)
        self.pseudo_inputs.copy_(x[rows])
