"""What generators that play against a discriminator of examples have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.adversarial.adversary import Adversary
from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.distributions.draws import draws
from aetrain.errors import UserError, choice
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.tally import Report
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian


class Generator(Autoencoder, ABC):
    """A decoder that makes x̃ = E[x|z], or a draw of p(x|z), of z ~ p(z), and no encoder.

    The prior stands still.

    Arguments:
        pieces: makes decoder and prior.
        draws: show draws of p(x|z), not means; for likelihoods whose draws have a gradient.

    Raises:
        UserError: where the choices of groups that it does not use are not the default; where the
            decoder's mean, or draw, has no gradient.
    """

    encodes = False
    watched = "data_mmd"
    discriminator: Adversary

    idle: Sequence[str] = ()
    """Terms of the discriminator that are figures for the log."""

    def __init__(self, pieces: Pieces, *, draws: bool = False) -> None:
        super().__init__()
        pieces.require_own(
            choice(self),
            posterior=(DiagonalGaussian, "diagonal_gaussian"),
            objective=(reconstruction, "reconstruction"),
        )
        likelihood = pieces.likelihood(pieces.event)
        self.decoder = Conditional(pieces.decoder_network(), likelihood, [pieces.latent])
        self.prior = pieces.prior_alone(pieces.latent, choice(self)).requires_grad_(False)
        self.draws = draws
        if not draws:  # a mean does not know the scale
            likelihood.requires_grad_(False)
        require_gradient(self.decoder, choice(self), draws=draws)

    @abstractmethod
    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms."""

    @abstractmethod
    def generation(self, batch: Batch) -> Terms:
        """Return the generator's terms."""

    def players(self) -> Mapping[str, Player]:
        """The discriminator, and then the generator."""
        return {
            "discriminator": self.discriminator.player(self.discrimination, self.idle),
            "generator": Player([self.decoder], self.generation, every=self.discriminator.updates),
        }

    def tell_apart(self, batch: Batch) -> Terms:
        """Return the terms of a discriminator that sees a batch and as many fakes."""
        x = batch.get("target", batch["x"])
        with torch.no_grad():
            fakes = self.fakes(len(x))
        return self.discriminator.discrimination([x], [fakes])

    @torch.no_grad()
    def compare(self, batch: Batch) -> Report:
        """Return the discrepancy between draws and examples, and how many are told apart."""
        x = batch.get("target", batch["x"])
        fakes = self.fakes(len(x))
        marks = self.discriminator(x), self.discriminator(fakes)
        more = {"data_mmd": Clouds(fakes, x), **self.discriminator.accuracy(*marks)}
        return Report({}, x.new_zeros(len(x), 0), None, more)

    def fakes(self, n: int) -> Tensor:
        """Return what the generator makes of n draws of codes, (n, *event)."""
        with torch.no_grad():
            z = draws(self.prior(), n)
        p = self.decoder(z)
        return p.rsample() if self.draws else p.mean

    @property
    def latent(self) -> torch.Size:
        """The shape of one code."""
        return self.decoder.given[0]

    def encode(self, x: Tensor) -> Distribution:
        """Refuse: there is no encoder."""
        raise UserError(
            f"model={choice(self)} has no encoder, so there are no codes of examples: use"
            " model=aae, or another model with an encoder"
        )

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for z (*batch, *latent)."""
        return self.decoder(z)

    def codes(self) -> Distribution:
        """Return p(z)."""
        return self.prior()


def require_gradient(decoder: Conditional, model: str, *, draws: bool = False) -> None:
    """Refuse a decoder through which no gradient passes to who made the code.

    Raises:
        UserError: where it is autoregressive, or its mean, or its draws, have no gradient.
    """
    name = choice(decoder.family)
    if isinstance(decoder.network, AutoregressiveNetwork):
        raise UserError(
            f"model={model} passes gradients through what the decoder makes, and an autoregressive"
            " decoder makes it draw by draw: use network=conv"
        )
    with torch.no_grad():
        p = decoder(torch.zeros(1, *decoder.given[0]))
    if draws and not p.has_rsample:
        raise UserError(
            f"model.draws: draws of likelihood={name} have no gradient: set model.draws=false, or"
            " use likelihood=gaussian"
        )
    with torch.enable_grad():
        z = torch.zeros(2, *decoder.given[0])
        p = decoder(z)
        made = p.rsample() if draws else p.mean
    if not made.requires_grad:
        raise UserError(
            f"model={model} passes gradients through the decoder's mean, and that of"
            f" likelihood={name} has none: use likelihood=gaussian"
        )
