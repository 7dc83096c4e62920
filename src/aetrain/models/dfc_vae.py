"""The variational autoencoder whose reconstructions are judged by a frozen network."""

from collections.abc import Callable, Mapping
from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.squared_error import squared_error
from aetrain.evaluation.tally import Report
from aetrain.models.generator import require_gradient
from aetrain.models.pair import Pair
from aetrain.models.vae import require_rate
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.perceptual.features import Features
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


@final
class DfcVAE(Pair):
    """A VAE whose distortion is a distance of features: deep feature consistent.

    `features` = Σₗ wₗ ½ |Φₗ(x) − Φₗ(x̃)|², x̃ the mean of p(x|z) and Φ a network that is not trained;
    `code_rate` = KL(q(z|x) ‖ p(z)). The features' cost is no −log p of any density of x, so there
    is neither an ELBO nor an NLL, and the rate has a name of its own.

    Arguments:
        pieces: makes encoder, decoder and prior.
        features: makes the distance, from the shape of x and what makes networks.
        samples: draws S from q(z|x) for each example; only 1.

    Raises:
        UserError: where there is no rate, or the decoder's mean has no gradient.

    References:
        Hou, Shen, Sun, Qiu: Deep feature consistent variational autoencoder. 2016.
        https://arxiv.org/abs/1610.00291
    """

    def __init__(self, pieces: Pieces, features: Callable[..., Features], samples: int = 1) -> None:
        encoder, decoder, prior = pieces.encoder, pieces.decoder, pieces.prior
        require_rate(encoder.family, prior, "dfc_vae")
        pieces.require_own("dfc_vae", objective=(reconstruction, "reconstruction"))
        require_gradient(decoder, "dfc_vae")
        if samples != 1:
            raise UserError(f"samples={samples}: model=dfc_vae draws one code; use samples=1")
        super().__init__(encoder, decoder, prior, samples)
        decoder.family.requires_grad_(False)  # a mean does not know the scale
        self.features = features(pieces.event, pieces.encoder_network)

    def players(self) -> Mapping[str, Player]:
        """One player, everything but the features."""
        return {"model": Player([self.encoder, self.decoder, self.prior], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return both terms, each (B,)."""
        return {**self._costs(self.infer(batch))}

    def _costs(self, inference: Inference) -> dict[str, Tensor]:
        x, q, z, p, prior = inference
        return {"features": self.features(x, p.mean[0]), "code_rate": rate(q, z, prior)}

    @torch.no_grad()
    def report(self, batch: Batch) -> Report:
        """Return both terms at weight 1, and the squared error of pixels beside them."""
        inference = self.infer(batch)
        error = squared_error(inference.p, inference.x)
        return Report(self._costs(inference), inference.q.mean, None, scores=error)
