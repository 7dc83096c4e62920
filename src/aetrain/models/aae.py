"""The adversarial autoencoder."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.classes.labelled import rightness
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.tally import Figure, Report
from aetrain.labels import labels_of, one_hot_or_none, require_labels
from aetrain.models.pair import Pair
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior


@final
class AAE(Pair):
    """An autoencoder whose codes a discriminator learns to tell from draws of the prior.

    Three phases in each step: encoder and decoder lower the distortion; the discriminator learns
    to tell draws of p(z), real, from codes, fake; the encoder alone moves its codes to where they
    are taken for draws. The prior stands still and need not have a density. With `classes` the
    discriminator sees the label beside the code, or that there is none (y < 0), and what is real
    beside a label are draws of the part of the prior that belongs to the class.

    It watches the distortion: of the costs of the game none falls while both sides learn. How near
    the codes are to the prior is reported beside it as `code_mmd`, MMD²; with classes, which part
    of the codes lie in the prior's part of their class as `in_own_part`.

    Arguments:
        encoder: q(z|x), of any kind that can be sampled: a point, a Gaussian, an implicit one.
        decoder: p(x|z).
        prior: p(z), imposed on the codes of all examples together.
        adversary: makes the discriminator with its loss.
        objective: from one pass to the terms of the first phase.
        samples: draws S from q(z|x) for each example in the first phase.
        hidden: widths of the discriminator's layers.
        classes: K, of labels that the discriminator is told; 0: it is told none.
        rate: learning rate of the encoder in the third phase, over that of `optimizer`.

    Raises:
        UserError: where the prior has no part for each class, or a number is out of its range.

    References:
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders. 2016.
        https://arxiv.org/abs/1511.05644
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        adversary: AdversaryMaker,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        hidden: Sequence[int] = (1000, 1000),
        classes: int = 0,
        rate: float = 1.0,
    ) -> None:
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        require_rate_and_classes(rate, classes)
        if classes:
            prior.require_parts(classes)
        self.objective, self.classes, self.rate = objective, classes, rate
        told = [(classes + 1,)] if classes else []
        network = partial(MLP, hidden=require_widths(hidden))
        self.discriminator = adversary(network, [encoder.event, *told])

    def players(self) -> Mapping[str, Player]:
        """The phases: autoencoder, discriminator, encoder."""
        every = self.discriminator.updates
        return {
            "autoencoder": Player([self.encoder, self.decoder], self.terms),
            "discriminator": self.discriminator.player(self.discrimination),
            "encoder": Player([self.encoder], self.deception, rate=self.rate, every=every),
        }

    def require(self, data: DataModule) -> None:
        """Refuse labels that are not among the classes."""
        if self.classes:
            require_labels(data, self.classes)

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms: draws of the prior are real, codes are fake."""
        with torch.no_grad():
            codes = self.encoder(batch["x"]).sample()
        return self.discriminator.discrimination([self.drawn(batch)], [codes], self.told(batch))

    def deception(self, batch: Batch) -> Terms:
        """Return the encoder's term of the game."""
        codes = self.encoder(batch["x"]).rsample()
        return self.discriminator.deception([codes], self.told(batch))

    @torch.no_grad()
    def drawn(self, batch: Batch) -> Tensor:
        """Return a draw of p(z) for each example, of its class's part where it has a label."""
        z = draws(self.prior(), len(batch["x"]))
        if not self.classes:
            return z
        y = labels_of(batch, "aae_labelled")
        of_parts = self.prior.draw_parts(y.clamp_min(0), self.classes)
        return torch.where((y < 0)[:, None], z, of_parts)

    def told(self, batch: Batch) -> list[Tensor]:
        """Return what the discriminator is told of a batch beside the codes."""
        if not self.classes:
            return []
        y = labels_of(batch, "aae_labelled")
        return [one_hot_or_none(y, self.classes, batch["x"].dtype)]

    def report(self, batch: Batch) -> Report:
        """Return the distortion; beside it how far codes are from the prior, and who tells them."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        codes, real = inference.z[0], draws(inference.prior, len(inference.x))
        more: dict[str, Figure] = {"code_mmd": Clouds(codes, real)}
        if self.classes:
            found = self.prior.part_of(codes, self.classes)
            more["in_own_part"] = rightness(found, batch["y"])["accuracy"]
        return Report(costs, inference.q.mean, None, more)


def require_rate_and_classes(rate: float, classes: int) -> None:
    """Refuse numbers out of their range."""
    if not 0 < rate < math.inf:
        raise UserError(f"model.rate={rate}: must be above 0 and finite, such as 1")
    if classes < 0 or classes == 1:
        raise UserError(f"model.classes={classes}: must be at least 2, or 0 for no labels")
