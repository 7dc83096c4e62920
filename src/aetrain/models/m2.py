"""The semi-supervised generative model M2."""

from collections.abc import Mapping
from typing import final

from torch import Tensor

from aetrain.classes.class_vae import Classes, ClassVAE
from aetrain.classes.labelled import classification, require_classes, scores
from aetrain.conditional import Conditional
from aetrain.evaluation.tally import Report
from aetrain.models.class_model import ClassModel
from aetrain.models.vae import require_rate
from aetrain.objectives.elbo import elbo
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player


@final
class M2(ClassModel):
    """p(x, y, z) = 1/K p(z) p(x|y, z) with q(y|x) q(z|x, y), of examples some of which have labels.

    Each example pays the bound of what is known of it: −L(x, y) with a label, −U(x), the sum over
    all classes, without. `classification` = −log q(y|x) is the mean over labelled examples: those
    beside the batch (`dataset.labelled_batch`), or else those in it. Its weight is the paper's
    α / N, which it sets to 0.1.

    Arguments:
        pieces: makes encoder, decoder and prior, which see the class as `conditioning` says, and
            the classifier, a network of the encoder's kind.
        samples: draws S of z for each example and class.

    Raises:
        UserError: where there is no conditioning, another objective, or no rate.

    References:
        Kingma, Rezende, Mohamed, Welling: Semi-supervised learning with deep generative models.
        2014. https://arxiv.org/abs/1406.5298
    """

    def __init__(self, pieces: Pieces, samples: int = 1) -> None:
        pieces.require_own("m2", objective=(elbo, "elbo"))
        condition = require_classes(pieces, "m2")
        classes = Classes(condition.shape)
        classifier = Conditional(pieces.plain_encoder_network, classes, [pieces.event])
        require_rate(pieces.encoder.family, pieces.prior, "m2")
        inner = ClassVAE(classifier, pieces.encoder, pieces.decoder, pieces.prior, condition)
        super().__init__(inner)
        self.samples = samples

    def players(self) -> Mapping[str, Player]:
        """One player, everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the bound of each example, and the labelled ones' classification."""
        bound = self.inner.bound(batch["x"], batch.get("y"), batch.get("target"), self.samples)
        return {
            "distortion": bound.distortion,
            "rate": bound.rate,
            "classification": classification(self.inner.classifier, bound.classes, batch),
        }

    def class_probabilities(self, x: Tensor) -> Tensor:
        """Return q(y|x), (B, K)."""
        return self.inner.classifier(x).probs

    def report(self, batch: Batch) -> Report:
        """Return −U(x), whatever labels there are, and how often the likeliest class is wrong."""
        bound = self.inner.bound(batch["x"], None, batch.get("target"))
        costs: dict[str, Tensor] = {"distortion": bound.distortion, "rate": bound.rate}
        code = self.encode(batch["x"]).mean
        return Report(costs, code, None, scores=scores(bound.classes, batch))
