"""The adversarial autoencoder with a code for the class and a code for the style."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.classes.guide import Guide
from aetrain.classes.labelled import rightness
from aetrain.classes.virtual_adversarial import virtual_adversarial
from aetrain.conditional import Conditional
from aetrain.data.module import DataModule
from aetrain.distributions.concatenated import Concatenated
from aetrain.distributions.draws import draws
from aetrain.distributions.soft_class import SoftClass
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.clustering import of_batch
from aetrain.evaluation.tally import Figure, Report
from aetrain.labels import labels_of, require_labels
from aetrain.models.pair import Pair
from aetrain.networks.mlp import MLP
from aetrain.networks.widths import require_widths
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms, Weighted
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.class_and_style import ClassAndStyle
from aetrain.priors.class_and_style import ClassAndStylePrior
from aetrain.schedules import Schedule, cosine
from aetrain.stage import Stage

PRETRAINING = "pretraining"
SMOOTHNESS = 4.0
"""Weight of that term, where `objective.weights` has no other."""


@final
class AAESemi(Pair):
    """An adversarial autoencoder of z = (y, s): class probabilities and style, a game for each.

    The phases of each step: encoder and decoder lower the distortion; one discriminator tells unit
    vectors, each class as probable as another, from y, another one draws of p(s) from s; the
    encoder moves both to where they are taken for draws; with labels, the encoder lowers
    `classification` = −log y_label of the examples that have one (y ≥ 0). Without labels the
    classes are clusters, and there is no such phase.

    The game asks for classes that are certain and evenly spread, and not for which: with
    `smoothness` the encoder also lowers how far y changes around the clean x, in the direction in
    which it changes most, so that borders of classes move to where there are few examples; its
    weight is 4 (`objective.weights.smoothness`).

    Clusters are not moved once they are certain, so that the first ones are kept, whatever they
    are. With `pretraining_epochs` they begin better: a stage `pretraining` trains encoder and
    decoder as an autoencoder of styles alone, y = (1/K, ..., 1/K), and in the stage of the game,
    `clusters`, the encoder also lowers `guidance`, the cross entropy of y with the parts of a
    Gaussian mixture of those styles, whose weight falls from 1 to 0 (`objective.weights.guidance`).

    It watches the distortion, as `model=aae` does; `code_mmd` is reported beside it, with labels
    the part of wrong classes, `error`, and without how clusters meet classes.

    Arguments:
        pieces: makes the encoder, of which posterior and prior are the style's, and the decoder.
        adversary: makes the discriminators with their loss.
        objective: from one pass to the terms of the first phase.
        samples: draws S from q(z|x) for each example in the first phase.
        classes: K.
        labels: whether there is a phase of classification.
        hidden: widths of the discriminators' layers.
        rate: learning rate of the encoder against the discriminators, over that of `optimizer`.
        smoothness: radius around x, in its units, within which y is to stay; 0 asks for nothing.
        pretraining_epochs: of the stage `pretraining` at most; 0: the game begins at once.
        starts: of expectation maximisation, for the mixture.

    Raises:
        UserError: where there are less than two classes, a number is out of its range, or there is
            a stage before the game with labels.

    References:
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders, sections 5 and 6.
        2016. https://arxiv.org/abs/1511.05644
        The smoothness is not theirs, see `virtual_adversarial`.
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        classes: int = 10,
        labels: bool = True,
        hidden: Sequence[int] = (1000, 1000),
        rate: float = 1.0,
        smoothness: float = 0.0,
        pretraining_epochs: int = 0,
        starts: int = 5,
    ) -> None:
        if classes < 2:
            raise UserError(f"model.classes={classes}: must be at least 2, such as 10")
        if not rate > 0:
            raise UserError(f"model.rate={rate}: must be above 0, such as 1")
        if smoothness < 0:
            raise UserError(f"model.smoothness={smoothness}: must be at least 0, such as 2")
        _require_stages(labels, pretraining_epochs, starts)
        family = ClassAndStyle(classes, pieces.posterior(pieces.latent))
        encoder = Conditional(pieces.encoder_network, family, [pieces.event])
        network = pieces.decoder_network(encoder.network)
        decoder = Conditional(network, pieces.likelihood(pieces.event), [family.event])
        style = pieces.prior_alone(pieces.latent, "aae_semi").requires_grad_(False)
        super().__init__(encoder, decoder, ClassAndStylePrior(classes, style), samples)
        self.objective, self.classes, self.labels, self.rate = objective, classes, labels, rate
        self.smoothness = smoothness
        discriminator = partial(MLP, hidden=require_widths(hidden))
        self.of_class = adversary(discriminator, [(classes,)], "class")
        self.of_style = adversary(discriminator, [pieces.latent], "style")
        self.guide: Guide | None = None
        if pretraining_epochs:
            family = ClassAndStyle(classes, pieces.posterior(pieces.latent))
            other = Conditional(pieces.encoder_network, family, [pieces.event])
            self.guide = Guide(other, classes, starts)
            self.stages = (Stage(PRETRAINING, pretraining_epochs), Stage("clusters"))

    def players(self) -> Mapping[str, Player]:
        """The phases: autoencoder, two discriminators, encoder and, with labels, classifier.

        Before the game the autoencoder alone.
        """
        autoencoder = {"autoencoder": Player([self.encoder, self.decoder], self.terms)}
        if self.stage.name == PRETRAINING:
            return autoencoder
        weights: dict[str, float | Schedule] = {}
        if self.guide is not None:
            weights["guidance"] = cosine
        if self.smoothness:
            weights["smoothness"] = SMOOTHNESS
        every = self.of_class.updates
        players = autoencoder | {
            "class_discriminator": self.of_class.player(partial(self.discrimination, part=0)),
            "style_discriminator": self.of_style.player(partial(self.discrimination, part=1)),
            "encoder": Player(
                [self.encoder], self.deception, rate=self.rate, every=every, weights=weights
            ),
        }
        if self.labels:
            players["classifier"] = Player([self.encoder.network], self.classification)
        return players

    def require(self, data: DataModule) -> None:
        """Refuse labels that are not among the classes."""
        if self.labels:
            require_labels(data, self.classes)
        if self.guide is not None and (found := len(data.tables["train"])) < self.classes:
            raise UserError(
                f"model.classes={self.classes}: clusters are begun with codes, and there are"
                f" {found} training examples: use fewer, or more data"
            )

    def begin_stage(self, data: DataModule) -> None:
        """Let the guide learn from the pre-trained encoder; begin a game with all its noise."""
        if self.guide is not None and self.stage.name != PRETRAINING:
            self.guide.begin(self.encoder, data, self.seed, self.world)
        for discriminator in (self.of_class, self.of_style):
            discriminator.noise_left.fill_(1.0)

    def infer(self, batch: Batch) -> Inference:
        """Pass a batch through encoder and decoder; no class is told before there are any."""
        if self.stage.name != PRETRAINING:
            return super().infer(batch)
        q, target = self.encoder(batch["x"]), batch.get("target", batch["x"])
        y, s = self._parts(q.rsample((self.samples,)))
        z = torch.cat([torch.full_like(y, 1 / self.classes), s], -1)
        return Inference(target, q, z, self.decoder(z), self.prior())

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def discrimination(self, batch: Batch, part: int) -> Terms:
        """Return the terms of a discriminator: 0 of classes, 1 of styles."""
        x = batch["x"]
        with torch.no_grad():
            real = self._parts(draws(self.prior(), len(x)))[part]
            fake = self._parts(self.encoder(x).sample())[part]
        return (self.of_class, self.of_style)[part].discrimination([real], [fake])

    def deception(self, batch: Batch) -> Terms:
        """Return the encoder's terms of both games, and those of the clean x that are asked for.

        `smoothness` is what `virtual_adversarial` returns; `guidance`, where there is a guide,
        −Σ_k r_k log y_k, (B,), r its clusters.
        """
        q = self.encoder(batch["x"])
        y, s = self._parts(q.rsample())
        terms: Terms = {**self.of_class.deception([y]), **self.of_style.deception([s])}
        clean = batch.get("target", batch["x"])
        if self.smoothness:
            terms["smoothness"] = virtual_adversarial(self._logits, clean, self.smoothness)
        if self.guide is not None:
            r = self.guide(clean)
            terms["guidance"] = -(r * _class_of(q).logits.log_softmax(-1)).sum(-1)
        return terms

    def classification(self, batch: Batch) -> Terms:
        """Return `classification`, −log y_label in nats, of the examples that have a label.

        They are those beside the batch (`dataset.labelled_batch`), or else those in it.
        """
        if "y_labelled" in batch:
            x, y = batch["x_labelled"], batch["y_labelled"]
        else:
            x, y = batch["x"], labels_of(batch, "aae_semi").clamp_min(-1)
        return {"classification": Weighted(_class_of(self.encoder(x)).surprise(y), y >= 0)}

    def _logits(self, x: Tensor) -> Tensor:
        return _class_of(self.encoder(x)).logits

    def _parts(self, z: Tensor) -> tuple[Tensor, ...]:
        return z.split([self.classes, z.shape[-1] - self.classes], -1)

    def class_probabilities(self, x: Tensor) -> Tensor | None:
        """Return the class of the code, (B, K); None where classes are clusters without labels."""
        return _class_of(self.encoder(x)).mean if self.labels else None

    def report(self, batch: Batch) -> Report:
        """Return the distortion; beside it how far codes are from the prior, and wrong classes.

        Without labels: what clusters, once there are any, have to do with classes.
        """
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        codes, real = inference.z[0], draws(inference.prior, len(inference.x))
        if self.stage.name == PRETRAINING:
            return Report(costs, inference.q.mean, None)
        more: dict[str, Figure] = {"code_mmd": Clouds(codes, real)}
        if self.labels:
            guess = codes[:, : self.classes].argmax(1)
            more["error"] = rightness(guess, labels_of(batch, "aae_semi"))["error"]
            return Report(costs, inference.q.mean, None, more)
        p = codes[:, : self.classes]
        found = of_batch(p.argmax(1), batch, self.classes)
        return Report(costs, inference.q.mean, None, more, clusters=found, assigned=p)


def _class_of(q: Distribution) -> SoftClass:
    assert isinstance(q, Concatenated)
    found = q.parts[0]
    assert isinstance(found, SoftClass)
    return found


def _require_stages(labels: bool, pretraining: int, starts: int) -> None:
    if pretraining < 0:
        raise UserError(f"model.pretraining_epochs={pretraining}: must be at least 0")
    if starts < 1:
        raise UserError(f"model.starts={starts}: must be at least 1")
    if labels and pretraining:
        raise UserError(
            f"model.pretraining_epochs={pretraining}: is for clusters, and labels say what the"
            " classes are: set it to 0, or model.labels=false"
        )
