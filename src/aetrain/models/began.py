"""The boundary equilibrium generative adversarial network."""

from typing import final

import torch

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.adversarial.equilibrium import Equilibrium
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.evaluation.tally import Report
from aetrain.models.energies import energy_of
from aetrain.models.generator import Generator
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch


@final
class BEGAN(Generator):
    """A generator against an autoencoder, held in balance by how well each of them does.

    The discriminator's energy is E(x) = Σᵢ |xᵢ − rᵢ(x)|. It pays E(x) − k E(x̃), the generator
    E(x̃); k grows while E(x̃) is below γ E(x) and falls while it is above, so neither wins. The
    paper moves k by the fakes that the generator was moved by; here it is those that the
    discriminator saw, of the same batch.

    Where γ is well below 1 a generator is content with fakes that are easier to reconstruct than
    examples are, such as one and the same picture; at 1 they must be as manifold.

    It watches `convergence` = E(x) + |γ E(x) − E(x̃)|, the paper's measure: low where examples are
    reconstructed well and fakes are in balance. It does not see modes that are missing; `data_mmd`,
    beside it, does.

    Arguments:
        pieces: makes decoder and prior, and the discriminator of the same encoders and decoders.
        adversary: makes the discriminator; its loss is this model's own.
        draws: show the discriminator draws of p(x|z), not means.
        gamma: γ, the ratio of energies that is held.
        speed: λ, how fast k moves, in units of 1 over the energy of one value.
        start: k before the first batch.
        code: dimensions of the discriminator's code; None: `latent`.

    Raises:
        UserError: where a choice would not be used or a number is out of its range.

    References:
        Berthelot, Schumm, Metz: BEGAN: Boundary equilibrium generative adversarial networks. 2017.
        https://arxiv.org/abs/1703.10717
    """

    watched = "cost"
    idle = ("k", "convergence")

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        *,
        draws: bool = False,
        gamma: float = 1.0,
        speed: float = 0.02,
        start: float = 0.0,
        code: int | None = None,
    ) -> None:
        super().__init__(pieces, draws=draws)
        pieces.require_own("began", adversary=(NonSaturating, "non_saturating"))
        values = pieces.event.numel()
        self.balance = Equilibrium(gamma=gamma, speed=speed, start=start, values=values)
        network = energy_of(pieces, code, torch.abs)
        self.discriminator = adversary(network, [pieces.event], loss=self.balance)

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms; `k` and `convergence`, (), weigh nothing."""
        terms = self.tell_apart(batch)
        return {**terms, "k": self.balance.k.clone(), "convergence": self.balance.convergence()}

    def generation(self, batch: Batch) -> Terms:
        """Return the generator's term."""
        return self.discriminator.deception([self.fakes(len(batch["x"]))])

    def report(self, batch: Batch) -> Report:
        """Return the paper's measure; beside it the discrepancy between draws and examples."""
        x = batch.get("target", batch["x"])
        report = self.compare(batch)
        with torch.no_grad():
            real, fake = -self.discriminator(x), -self.discriminator(self.fakes(len(x)))
        off = (self.balance.gamma * real.mean() - fake.mean()).abs()
        more = {**report.more, "energy": real}
        return report._replace(costs={"convergence": real + off}, more=more)
