"""A variational autoencoder of a class and a code, in which every class is gone through."""

import math
from typing import NamedTuple, final

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution
from torch.nn.functional import one_hot

from aetrain.classes.joint import JointPosterior, JointPrior
from aetrain.conditional import Conditional
from aetrain.conditioning.condition import Condition
from aetrain.families import Family, full_precision
from aetrain.objectives.rate import rate
from aetrain.objectives.terms import sample_mean
from aetrain.priors.prior import Prior


@final
class Classes(Family):
    """q(y|x) = softmax(ℓ(x)) of K classes.

    Arguments:
        event: (K,).
    """

    @property
    def parameter_shape(self) -> torch.Size:
        """K logits."""
        return self.event

    def forward(self, raw: Tensor) -> Categorical:
        """Return q(y|x) from logits (..., K)."""
        return Categorical(logits=full_precision(raw), validate_args=False)


class Bound(NamedTuple):
    """−log p(x) ≤ distortion + rate, or −log p(x, y) where y is known; each (B,).

    Attributes:
        distortion: E[−log p(x|y, z)].
        rate: E[KL(q(z|x, y) ‖ p(z|y))] + KL(q(y|x) ‖ 1/K).
        classes: q(y|x).
    """

    distortion: Tensor
    rate: Tensor
    classes: Categorical


@final
class ClassVAE(nn.Module):
    """p(x, y, z) = 1/K p(z|y) p(x|y, z) with q(y|x) q(z|x, y); sums over y are exact.

    Of an example without a label the bound is U(x) = Σ_y q(y|x) L(x, y) + H(q(y|x)), and L(x, y),
    that of a given class, of one with a label.

    Arguments:
        classifier: q(y|x), of a `Classes`.
        encoder: q(z|x, y).
        decoder: p(x|y, z), or p(x|z).
        prior: p(z), or p(z|y).
        condition: y, which those of them read that depend on it.

    References:
        Kingma, Rezende, Mohamed, Welling: Semi-supervised learning with deep generative models.
        2014. https://arxiv.org/abs/1406.5298
    """

    def __init__(
        self,
        classifier: Conditional,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        condition: Condition,
    ) -> None:
        super().__init__()
        self.classifier, self.encoder, self.decoder = classifier, encoder, decoder
        self.prior, self.condition = prior, condition

    @property
    def number(self) -> int:
        """K."""
        return self.condition.shape.numel()

    @property
    def latent(self) -> torch.Size:
        """The shape of w = (y, z), (K + D,)."""
        return torch.Size((self.number + self.encoder.event.numel(),))

    def bound(
        self, x: Tensor, y: Tensor | None = None, target: Tensor | None = None, samples: int = 1
    ) -> Bound:
        """Return the bound of examples x (B, *event).

        Arguments:
            x: what is encoded.
            y: labels (B,), below 0 where there is none; None: there are none at all.
            target: what is to be decoded, x where it is not given.
            samples: draws S of z for each class.
        """
        distortions, rates = self.of_each_class(x, x if target is None else target, samples)
        classes = self.classifier(x)
        weight, information = self._weights(classes, y)
        distortion = (weight * distortions).sum(0)
        return Bound(distortion, (weight * rates).sum(0) + information, classes)

    def _weights(self, classes: Categorical, y: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return q(y|x), or 1 for the label, (K, B), and its KL from 1/K, (B,)."""
        weight = classes.probs.T
        information = (weight * classes.logits.T).sum(0)
        if y is not None:
            known = y >= 0
            labels = one_hot(y.clamp_min(0), self.number).T.to(weight.dtype)
            weight = torch.where(known, labels, weight)
            information = torch.where(known, 0.0, information)
        return weight, information + math.log(self.number)

    def of_each_class(self, x: Tensor, target: Tensor, samples: int = 1) -> tuple[Tensor, Tensor]:
        """Return E[−log p(x|y, z)] and KL(q(z|x, y) ‖ p(z|y)) of every class, each (K, B)."""
        with self.condition.given(self._every(x)):
            q = self.encoder(self._repeated(x))
            z = q.rsample((samples,))
            distortion = sample_mean(-self.decoder(z).log_prob(self._repeated(target)))
            return (
                distortion.unflatten(0, (self.number, -1)),
                rate(q, z, self.prior()).unflatten(0, (self.number, -1)),
            )

    def posterior(self, x: Tensor) -> JointPosterior:
        """Return q(y, z|x), batch shape (B,)."""
        with self.condition.given(self._every(x)):
            codes = self.encoder(self._repeated(x))
        return JointPosterior(self.classifier(x), codes)

    def likelihood(self, w: Tensor) -> Distribution:
        """Return p(x|y, z), batch shape (*batch,), for w (*batch, K + D).

        Where a condition is given, that is y.
        """
        y, z = w[..., : self.number], w[..., self.number :]
        if self.condition.present is not None:
            return self.decoder(z)
        with self.condition.given(y.reshape(-1, self.number)):
            return self.decoder(z)

    def joint_prior(self) -> JointPrior:
        """Return 1/K p(z|y), of w."""
        return JointPrior(self.prior, self.condition)

    def _repeated(self, x: Tensor) -> Tensor:
        return x.repeat(self.number, *[1] * (x.dim() - 1))

    def _every(self, x: Tensor) -> Tensor:
        """Return each class for all examples, one after another, (K·B, K)."""
        eye = torch.eye(self.number, dtype=x.dtype, device=x.device)
        # len() would be a constant of what is exported
        return eye.unsqueeze(1).expand(-1, x.shape[0], -1).flatten(0, 1)
