"""The VAE with a discrete and a continuous latent, as clusters."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from aetrain.classes.class_vae import Classes, ClassVAE
from aetrain.conditional import Conditional
from aetrain.conditioning.channels import Channels
from aetrain.errors import UserError
from aetrain.evaluation.clustering import of_batch
from aetrain.evaluation.tally import Report
from aetrain.models.class_model import ClassModel
from aetrain.models.vae import require_rate
from aetrain.objectives.elbo import elbo
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.priors.conditional_gaussian import ConditionalGaussian
from aetrain.priors.standard_normal import StandardNormal


@final
class GMVAE(ClassModel):
    """p(x) = 1/K Σ_y ∫ p(x|z) N(z; μ_y, σ_y²) dz with q(y|x) q(z|x, y): K clusters of codes.

    The bound goes through all y. The cluster of x is the likeliest under q(y|x). Where there are
    labels, evaluations report `cluster_accuracy`, `nmi` and `ari`; nothing is trained by them.

    This is the mixture that has one continuous latent; the first paper's has a second one, of which
    the Gaussians are functions.

    Arguments:
        pieces: makes encoder, decoder and a classifier of the encoder's kind.
        samples: draws S of z for each example and cluster.
        clusters: K.
        spread: standard deviation of the Gaussians' means before training.

    Raises:
        UserError: where other groups are chosen that it does not use, or a number is out of range.

    References:
        Dilokthanakul et al.: Deep unsupervised clustering with Gaussian mixture variational
        autoencoders. 2016. https://arxiv.org/abs/1611.02648
        Rui Shu: Gaussian mixture VAE: lessons in variational inference, generative models, and deep
        nets. 2016. http://ruishu.io/2016/12/25/gmvae/
    """

    def __init__(
        self, pieces: Pieces, samples: int = 1, *, clusters: int = 10, spread: float = 1.0
    ) -> None:
        pieces.require_own(
            "gmvae", objective=(elbo, "elbo"), prior=(StandardNormal, "standard_normal")
        )
        if clusters < 1:
            raise UserError(f"model.clusters={clusters}: must be at least 1")
        if not spread > 0:
            raise UserError(f"model.spread={spread}: must be above 0, such as 1")
        if pieces.conditioning is not None:
            raise UserError(
                "conditioning: model=gmvae finds its classes itself: use conditioning=none, or"
                " model=m2"
            )
        way, latent = Channels(classes=clusters), pieces.latent
        network = pieces.plain_encoder_network
        encoder = Conditional(way.apply(network), pieces.posterior(latent), [pieces.event])
        likelihood = pieces.likelihood(pieces.event)
        decoder = Conditional(pieces.plain_decoder_network(), likelihood, [latent])
        prior = ConditionalGaussian(latent, way.condition)
        require_rate(encoder.family, prior, "gmvae")
        assert prior.weight is not None
        with torch.no_grad():
            prior.weight[:, : latent.numel()] = spread * torch.randn(clusters, latent.numel())
        classifier = Conditional(network, Classes(way.condition.shape), [pieces.event])
        super().__init__(ClassVAE(classifier, encoder, decoder, prior, way.condition))
        self.samples = samples

    def players(self) -> Mapping[str, Player]:
        """One player, everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the two terms of −U(x)."""
        bound = self.inner.bound(batch["x"], None, batch.get("target"), self.samples)
        return {"distortion": bound.distortion, "rate": bound.rate}

    def report(self, batch: Batch) -> Report:
        """Return the same at weight 1, and the clusters."""
        bound = self.inner.bound(batch["x"], None, batch.get("target"))
        costs: dict[str, Tensor] = {"distortion": bound.distortion, "rate": bound.rate}
        assigned = bound.classes.probs
        found = of_batch(assigned.argmax(-1), batch, self.inner.number)
        code = self.encode(batch["x"]).mean
        return Report(costs, code, None, clusters=found, assigned=assigned)
