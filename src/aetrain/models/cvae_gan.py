"""The conditional VAE whose generator matches the features of a discriminator and a classifier."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.adversarial.adversary import AdversaryMaker
from aetrain.adversarial.class_centres import ClassCentres
from aetrain.classes.class_vae import Classes
from aetrain.classes.labelled import classification, scores
from aetrain.conditional import Conditional
from aetrain.conditioning.condition import Condition
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.clouds import Clouds
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.families import full_precision
from aetrain.models.pair import Pair
from aetrain.models.vae import require_rate
from aetrain.models.vaegan import require_parts
from aetrain.networks.featured import Featured
from aetrain.objectives.elbo import elbo
from aetrain.objectives.rate import rates
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import OfMean, Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


class _Features(NamedTuple):
    """f_D and f_C, each (B, width)."""

    marked: Tensor
    classed: Tensor


@final
class CVAEGAN(Pair):
    """A conditional VAE, a discriminator D and a classifier C, trained asymmetrically.

    D is to tell examples from what is made of codes and of draws of the prior, and C to tell the
    classes of examples; neither is deceived on purpose. With f their last hidden layers, x̃ what is
    made of x's code, x̂ of a draw of the prior, both under x's class c:

    - encoder: `rate`, `distortion`, `features` = ½ |f_D(x) − f_D(x̃)|² and `class_features` =
      ½ |f_C(x) − f_C(x̃)|²;
    - decoder: the last three (`decoder_distortion` and so on), `mean_features` =
      ½ |E f_D(x) − E f_D(x̂)|² and `class_means` = ½ Σ_c |E_c f_C(x) − E_c f_C(x̂)|².

    The means of f_C of examples, class by class, are moving averages (`ClassCentres`).
    `adversarial`, what a GAN's generator would pay, weighs 0. The paper's pixel cost ½ |x − x̃|² is
    the distortion of `likelihood=gaussian`. The prior stands still. Draws of it are under the
    classes of the batch, so that both sides of each mean have the same classes.

    It watches −ELBO of its pixels, as `model=vaegan` does.

    Arguments:
        pieces: makes encoder, decoder and prior, which see the class, and discriminator and
            classifier of the encoder's kind, which do not.
        adversary: makes the discriminator with its loss.
        samples: draws S from q(z|x, c) for each example; only 1.
        features: width of f_D and f_C.
        decay: of the moving averages.

    Raises:
        UserError: where there is no conditioning by labels, no rate, the decoder's mean has no
            gradient, or a number is out of its range.

    References:
        Bao, Chen, Wen, Li, Hua: CVAE-GAN: fine-grained image generation through asymmetric
        training. 2017. https://arxiv.org/abs/1703.10155
    """

    def __init__(
        self,
        pieces: Pieces,
        adversary: AdversaryMaker,
        samples: int = 1,
        *,
        features: int = 128,
        decay: float = 0.9,
    ) -> None:
        condition = _require_labels(pieces)
        encoder, decoder, prior = pieces.encoder, pieces.decoder, pieces.prior
        require_rate(encoder.family, prior, "cvae_gan")
        pieces.require_own("cvae_gan", objective=(reconstruction, "reconstruction"))
        require_parts(encoder, decoder, samples, features, "cvae_gan")
        super().__init__(encoder, decoder, prior.requires_grad_(False), samples)
        self.condition = condition
        network = partial(Featured, pieces.plain_encoder_network, width=features)
        self.discriminator = adversary(network, [pieces.event])
        self.classifier = Conditional(network, Classes(self.condition.shape), [pieces.event])
        self.centres = ClassCentres(self.condition.shape.numel(), features, decay=decay)

    def players(self) -> Mapping[str, Player]:
        """Classifier, discriminator, decoder and encoder, as in the paper's algorithm."""
        every, idle = self.discriminator.updates, {"adversarial": 0.0}
        return {
            "classifier": Player([self.classifier], self.classification),
            "discriminator": self.discriminator.player(self.discrimination),
            "decoder": Player([self.decoder], self.generation, every=every, weights=idle),
            "encoder": Player([self.encoder], self.inference),
        }

    def classification(self, batch: Batch) -> Terms:
        """Return −log C(y|x) of the labelled examples."""
        return {
            "classification": classification(self.classifier, self.classifier(batch["x"]), batch)
        }

    def discrimination(self, batch: Batch) -> Terms:
        """Return the discriminator's terms: two sets of fakes for each batch."""
        with torch.no_grad():
            fakes = self.decoder(self._codes_and_draws(batch)).mean
        return self.discriminator.discrimination([batch.get("target", batch["x"])], [fakes])

    def generation(self, batch: Batch) -> Terms:
        """Return the decoder's terms."""
        x, b = batch.get("target", batch["x"]), len(batch["x"])
        with torch.no_grad():
            codes = self._codes_and_draws(batch)
            real = self._features(x)
        p = self.decoder(codes.unflatten(0, (2, b)))
        every = self._features(p.mean.flatten(0, 1))
        made, drawn = (
            _Features(*parts) for parts in zip(*(f.chunk(2) for f in every), strict=True)
        )
        classes = self.condition.of(b, x)
        return {
            "decoder_distortion": -p.log_prob(x)[0],
            "decoder_features": _apart(made.marked, real.marked),
            "decoder_class_features": _apart(made.classed, real.classed),
            "mean_features": OfMean(drawn.marked - real.marked, _half_square),
            "class_means": self.centres.apart(drawn.classed, real.classed, classes),
            **self.discriminator.deception([p.mean[1]]),
        }

    def inference(self, batch: Batch) -> Terms:
        """Return the encoder's terms, each (B,)."""
        inference = self.infer(batch)
        with torch.no_grad():
            real = self._features(inference.x)
        made = self._features(inference.p.mean[0])
        return {
            **elbo(inference),
            "features": _apart(made.marked, real.marked),
            "class_features": _apart(made.classed, real.classed),
        }

    def _codes_and_draws(self, batch: Batch) -> Tensor:
        """Return a draw of q(z|x, c) for each example, and then one of p(z|c), (2B, *latent)."""
        z = self.encoder(batch["x"]).sample()
        return torch.cat([z, draws(self.prior(), len(z))])

    def _features(self, x: Tensor) -> _Features:
        marked, classed = self.discriminator.network, self.classifier.network
        assert isinstance(marked, Featured)
        assert isinstance(classed, Featured)
        # the classifier's network is in half precision where the run is, the discriminator's is not
        own = x.to(classed.head.weight.dtype)
        return _Features(marked.features(x), full_precision(classed.features(own)))

    def class_probabilities(self, x: Tensor) -> Tensor:
        """Return C(y|x), (B, K)."""
        return self.classifier(x).probs

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO of the pixels at weight 1; how sure C is of the classes."""
        inference = self.infer(batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        own = rates(inference.q, inference.z, inference.prior)
        real, made = self._features(inference.x), self._features(inference.p.mean[0])
        drawn = draws(inference.prior, len(inference.x))
        more = {
            "features": _apart(made.marked, real.marked),
            "class_features": _apart(made.classed, real.classed),
            "code_mmd": Clouds(inference.z[0], drawn),
        }
        found = scores(self.classifier(inference.x), batch)
        return Report(costs, inference.q.mean, own, more, scores=found)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x|c), (B,), of the chosen likelihood."""
        return log_evidence(self.encoder, self.decoder, self.prior(), x, samples)


def _half_square(mean: Tensor) -> Tensor:
    return 0.5 * mean.square().sum()


def _apart(made: Tensor, real: Tensor) -> Tensor:
    """Return ½ |f − f'|², (B,)."""
    return 0.5 * (made - real).square().sum(1)


def _require_labels(pieces: Pieces) -> Condition:
    """Return the condition that stands for the class. Raises UserError where there is none."""
    conditioning = pieces.conditioning
    if conditioning is None or not conditioning.labels:
        raise UserError(
            "conditioning: model=cvae_gan makes examples of classes, and its networks must see a"
            " label: use conditioning=concat, its default, or model=vaegan"
        )
    return conditioning.condition
