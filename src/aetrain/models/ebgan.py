"""The energy-based generative adversarial network."""

from typing import final

import torch

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.adversarial.margin import Margin
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.adversarial.pulling_away import pulling_away
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.tally import Report
from aetrain.families import full_precision
from aetrain.models.energies import energy_of
from aetrain.models.generator import Generator
from aetrain.networks.energy import Energy
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch

SHARE = 0.4
"""Of the data's variance: the margin where none is given."""
EXAMPLES = 10_000
"""By which that is measured, at most."""


@final
class EBGAN(Generator):
    """A generator against an autoencoder, which reconstructs examples well and fakes badly.

    The discriminator's energy is E(x) = |x − r(x)|². It pays E(x) + max(0, m − E(x̃)), and leaves
    fakes alone that cost more than the margin; the generator pays E(x̃) as `adversarial` and, as
    `pulling_away`, how alike the discriminator's codes of its fakes are.

    What the mean of all examples costs in the place of r(x) is their variance, Σᵢ Var(xᵢ). A
    discriminator that reconstructs badly costs about that; a margin above it is never reached and
    never rests, so that the generator flees from one picture to the next.

    It watches `data_mmd`, as `model=gan` does.

    Arguments:
        pieces: makes decoder and prior, and the discriminator of the same encoders and decoders.
        adversary: makes the discriminator; its loss is this model's own.
        draws: show the discriminator draws of p(x|z), not means.
        margin: m, in units of E; None: 0.4 of the variance of the training data.
        code: dimensions of the discriminator's code; None: `latent`.

    Raises:
        UserError: where a choice would not be used or a number is out of its range.

    References:
        Zhao, Mathieu, LeCun: Energy-based generative adversarial networks. 2017.
        https://arxiv.org/abs/1609.03126
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        *,
        draws: bool = False,
        margin: float | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(pieces, draws=draws)
        pieces.require_own("ebgan", adversary=(NonSaturating, "non_saturating"))
        # until the data are seen: that of values which are uniform in [0, 1]
        self.measured = margin is None
        start = SHARE * pieces.event.numel() / 12 if margin is None else margin
        self.limit = Margin(margin=start)
        self.discriminator = adversary(energy_of(pieces, code), [pieces.event], loss=self.limit)

    def require(self, data: DataModule) -> None:
        """Refuse data of which the margin would be a share of nothing."""
        x = data.examples(EXAMPLES, torch.device("cpu")) if self.measured else None
        if x is not None and (x == x[:1]).all():  # also where there is but one
            raise UserError(
                "model.margin=null: is a share of the training data's variance, and there is none"
                f" among {len(x)} example(s) that are all the same: set it, such as model.margin=10"
            )

    def begin_stage(self, data: DataModule) -> None:
        """Measure the variance of the data where the margin is a share of that."""
        if self.measured:
            x = data.examples(EXAMPLES, self.device).flatten(1).cpu().double()
            self.limit.margin.fill_(SHARE * x.var(0).sum().item())

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms, of a batch and as many fakes."""
        return self.tell_apart(batch)

    def generation(self, batch: Batch) -> Terms:
        """Return the generator's term of the game, (B,), and `pulling_away`, ()."""
        fakes, network = self.fakes(len(batch["x"])), self.discriminator.network
        assert isinstance(network, Energy)
        alike = pulling_away(full_precision(network.code(fakes)))
        return {**self.discriminator.deception([fakes]), "pulling_away": alike}

    def report(self, batch: Batch) -> Report:
        """Return the discrepancy between draws and examples, and the examples' energy."""
        report = self.compare(batch)
        with torch.no_grad():
            energy = -self.discriminator(batch.get("target", batch["x"]))
        return report._replace(more={**report.more, "energy": energy})
