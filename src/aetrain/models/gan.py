"""The generative adversarial network."""

from typing import final

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.evaluation.tally import Report
from aetrain.models.generator import Generator
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch


@final
class GAN(Generator):
    """A generator x̃ = E[x|z], z ~ p(z), and a discriminator that learns to tell x̃ from examples.

    The generator is a decoder p(x|z) of which the mean is shown, or draws with `draws`; the prior
    stands still. In each step the discriminator moves first. There is neither an encoder nor a
    density of x.

    It watches `data_mmd`, MMD² between draws and validation examples, value by value: of the
    costs of the game none falls while both sides learn. It sees modes that are missing and
    distributions of values that are wrong; it is no measure of sharpness.

    Arguments:
        pieces: makes decoder and prior, and a discriminator with a network of the encoder's kind.
        adversary: makes the discriminator with its loss.
        draws: show the discriminator draws of p(x|z), not means; for likelihoods whose draws have
            a gradient.

    Raises:
        UserError: where the choices of groups that it does not use are not the default; where the
            decoder's mean, or draw, has no gradient.

    References:
        Goodfellow et al.: Generative adversarial nets. 2014. https://arxiv.org/abs/1406.2661
    """

    def __init__(self, pieces: Pieces, adversary: AdversaryMaker, *, draws: bool = False) -> None:
        super().__init__(pieces, draws=draws)
        self.discriminator = adversary(pieces.encoder_network, [pieces.event])

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms, of a batch and as many fakes."""
        return self.tell_apart(batch)

    def generation(self, batch: Batch) -> Terms:
        """Return the generator's term."""
        return self.discriminator.deception([self.fakes(len(batch["x"]))])

    def report(self, batch: Batch) -> Report:
        """Return the discrepancy between draws and examples, and how many are told apart."""
        return self.compare(batch)
