"""The conditional adversarial autoencoder."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.conditional import Conditional
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.tally import Report
from aetrain.models.generator import require_gradient
from aetrain.models.pair import Pair
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.objectives.total_variation import total_variation
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


@final
class CAAE(Pair):
    """An autoencoder whose code leaves the label to the decoder, which makes x under any label.

    The encoder sees x alone; the decoder p(x|z, y) is given the label (`conditioning=`), which the
    code need not hold, and where codes are spread as the prior, hardly can. One discriminator
    tells draws of p(z), real, from codes, fake; another one, that is given the label as well,
    examples from reconstructions x̃, the mean of p(x|z, y). Encoder and decoder move together by

        λ/N distortion + γ/N TV(x̃) + `code_adversarial` + `image_adversarial`,

    with N values of one x, as the paper's terms are means over them; the discriminators move
    first. A code that is decoded under another label is what the model is for. The prior stands
    still.

    It watches the distortion. `code_mmd` is reported beside it, and the two `total_variation` of
    x̃ and `data_variation` of x, of which the first is the smaller one where x̃ are blurred.

    Arguments:
        pieces: makes encoder, decoder and prior, and a discriminator of images of the encoder's
            kind.
        adversary: makes both discriminators with their loss.
        samples: draws S from q(z|x) for each example; only 1.
        distortion: λ.
        total_variation: γ; above 0 only for images.
        hidden: widths of the layers of the discriminator of codes.

    Raises:
        UserError: where there is no condition, the decoder's mean has no gradient, x are no images
            though γ > 0, or a number is out of its range.

    References:
        Zhang, Song, Qi: Age progression/regression by conditional adversarial autoencoder. 2017.
        https://arxiv.org/abs/1702.08423
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        samples: int = 1,
        *,
        distortion: float = 100.0,
        total_variation: float = 10.0,
        hidden: Sequence[int] = (64, 32, 16),
    ) -> None:
        pieces.require_own("caae", objective=(reconstruction, "reconstruction"))
        _require(pieces, samples, distortion=distortion, total_variation=total_variation)
        event, latent = pieces.event, pieces.latent
        encoder = Conditional(pieces.plain_encoder_network, pieces.posterior(latent), [event])
        network = pieces.decoder_network(encoder.network)
        decoder = Conditional(network, pieces.likelihood(event), [latent])
        require_gradient(decoder, "caae")
        prior = pieces.prior_alone(latent, "caae").requires_grad_(False)
        super().__init__(encoder, decoder, prior, samples)
        self.weights = {"distortion": distortion / event.numel()}
        if total_variation:  # of vectors there is none
            self.weights["total_variation"] = total_variation / event.numel()
        self.of_code = adversary(partial(MLP, hidden=require_widths(hidden)), [latent], "code")
        self.of_image = adversary(pieces.encoder_network, [event], "image")

    def players(self) -> Mapping[str, Player]:
        """Both discriminators, and then encoder and decoder together."""
        own = Player(
            [self.encoder, self.decoder],
            self.terms,
            every=self.of_code.updates,
            weights=self.weights,
        )
        return {
            "code_discriminator": self.of_code.player(self.of_codes),
            "image_discriminator": self.of_image.player(self.of_images),
            "autoencoder": own,
        }

    def terms(self, batch: Batch) -> Terms:
        """Return the four terms of encoder and decoder, each (B,)."""
        inference = self.infer(batch)
        made = inference.p.mean[0]
        return {
            **reconstruction(inference),
            **self._variation(made),
            **self.of_code.deception([inference.z[0]]),
            **self.of_image.deception([made]),
        }

    @torch.no_grad()
    def _codes(self, batch: Batch) -> Tensor:
        return self.encoder(batch["x"]).sample()

    def of_codes(self, batch: Batch) -> Terms:
        """Return the terms of who tells draws of the prior, real, from codes, fake."""
        fake = self._codes(batch)
        return self.of_code.discrimination([self._drawn(len(fake))], [fake])

    def of_images(self, batch: Batch) -> Terms:
        """Return the terms of who tells examples, real, from reconstructions under their label."""
        with torch.no_grad():
            fake = self.decoder(self._codes(batch)).mean
        return self.of_image.discrimination([batch.get("target", batch["x"])], [fake])

    @torch.no_grad()
    def _drawn(self, n: int) -> Tensor:
        return draws(self.prior(), n)

    def _variation(self, made: Tensor) -> dict[str, Tensor]:
        wanted = "total_variation" in self.weights
        return {"total_variation": total_variation(made)} if wanted else {}

    def report(self, batch: Batch) -> Report:
        """Return the distortion; beside it how far codes are off, and how smooth images are."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        codes = inference.z[0]
        more = {"code_mmd": Clouds(codes, self._drawn(len(codes)))}
        if variation := self._variation(inference.p.mean[0]):
            more |= {**variation, "data_variation": total_variation(inference.x)}
        return Report(costs, inference.q.mean, None, more)


def _require(pieces: Pieces, samples: int, **weights: float) -> None:
    if pieces.conditioning is None:
        raise UserError(
            "conditioning=none: the decoder of model=caae is given the label: use"
            " conditioning=concat, or model=aae"
        )
    if samples != 1:
        raise UserError(f"samples={samples}: model=caae draws one code; use samples=1")
    for name, weight in weights.items():
        if not weight >= 0:
            raise UserError(f"model.{name}={weight}: must be at least 0")
    if weights["total_variation"] and len(pieces.event) != 3:
        raise UserError(
            f"model.total_variation={weights['total_variation']}: is of images, and x has the"
            f" shape {tuple(pieces.event)}: set model.total_variation=0"
        )
