"""Adversarially learned inference."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.tally import Report
from aetrain.models.generator import require_gradient
from aetrain.models.pair import Pair
from aetrain.networks.joint import Joint
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


@final
class ALI(Pair):
    """An encoder and a generator whose pairs (x, z) a discriminator cannot tell apart.

    Pairs of an example and a draw of q(z|x) are real, pairs of the mean x̃ of p(x|z) and z ~ p(z)
    fake. Encoder and generator are one player: fakes are to be taken for real, `adversarial`, and
    real pairs for fake, `encoder_adversarial`. Where no discriminator tells them, both are one
    distribution, so that q(z|x) is the posterior of the generator. The discriminator moves first.
    The prior stands still.

    `distortion`, of x from its own code, weighs nothing: it is a figure, which the model watches.
    With a weight it ties each code to its example, which the game alone leaves open (ALICE).

    Arguments:
        pieces: makes encoder, decoder and prior, and a discriminator that sees x by the encoder's
            kind.
        adversary: makes the discriminator with its loss.
        samples: draws S from q(z|x) for each example; only 1.
        features: numbers that the discriminator makes of x.
        hidden: widths of its layers that see these and z.

    Raises:
        UserError: where the decoder's mean has no gradient, or a number is out of its range.

    References:
        Dumoulin et al.: Adversarially learned inference. 2017. https://arxiv.org/abs/1606.00704
        Li et al.: ALICE: Towards understanding adversarial learning for joint distribution
        matching. 2017. https://arxiv.org/abs/1709.01215
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        samples: int = 1,
        *,
        features: int = 128,
        hidden: Sequence[int] = (256, 256),
    ) -> None:
        encoder, decoder, prior = pieces.encoder, pieces.decoder, pieces.prior
        pieces.require_own("ali", objective=(reconstruction, "reconstruction"))
        require_gradient(decoder, "ali")
        if samples != 1:
            raise UserError(f"samples={samples}: model=ali draws one code; use samples=1")
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        decoder.family.requires_grad_(False)  # a mean does not know the scale
        network = partial(Joint, pieces.encoder_network, features=features, hidden=hidden)
        self.discriminator = adversary(network, [pieces.event, encoder.event])

    def players(self) -> Mapping[str, Player]:
        """The discriminator, and then encoder and generator together."""
        own = Player(
            [self.encoder, self.decoder],
            self.terms,
            every=self.discriminator.updates,
            weights={"distortion": 0.0},
        )
        return {
            "discriminator": self.discriminator.player(self.discrimination),
            "autoencoder": own,
        }

    def terms(self, batch: Batch) -> Terms:
        """Return both terms of the game and `distortion`, each (B,)."""
        inference = self.infer(batch)
        code = draws(self.prior(), len(inference.x))
        fakes = self.discriminator.deception([self.decoder(code).mean, code])
        told = self.discriminator.evasion([inference.x, inference.z[0]])
        return {**fakes, "encoder_adversarial": told, **reconstruction(inference)}

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms."""
        x = batch.get("target", batch["x"])
        with torch.no_grad():
            code, drawn = self.encoder(batch["x"]).sample(), draws(self.prior(), len(x))
            made = self.decoder(drawn).mean
        return self.discriminator.discrimination([x, code], [made, drawn])

    def report(self, batch: Batch) -> Report:
        """Return the distortion; beside it how far codes and draws are from what they should be."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        drawn = draws(inference.prior, len(inference.x))
        more = {
            "code_mmd": Clouds(inference.z[0], drawn),
            "data_mmd": Clouds(self.decoder(drawn).mean, inference.x),
        }
        return Report(costs, inference.q.mean, None, more)
