"""The stacked autoencoder, plain or denoising."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar, cast, final

from torch import Tensor
from torch.optim import Optimizer

from aetrain.conditional import Conditional
from aetrain.corruptions.corruption import Corruption
from aetrain.errors import UserError
from aetrain.evaluation.tally import Report
from aetrain.heads.classifier import Classifier
from aetrain.models.ae import require_point
from aetrain.models.pair import Pair
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.stacked.stack import Stack
from aetrain.stage import Stage

Number = TypeVar("Number", int, float)


@final
class StackedAE(Pair):
    """A deep autoencoder whose layers are trained one by one, from x upwards, and then together.

    A stage `layer k` trains layer k of the encoder and its counterpart in the decoder as an
    autoencoder of what the layers below say, which stay as they are; its cost is `distortion_k`,
    and what it is given may be corrupted. The stage `fine-tuning` trains all of them by the
    objective; or encoder and head by `cross_entropy` = −log p(y|z), and the decoder with them where
    `distortion` is given a weight. It sees examples as they are.

    Arguments:
        encoder: the code, with a point-mass posterior.
        decoder: p(x|z).
        prior: used by `sample` alone.
        objective: of the fine-tuning, from one pass to the terms of the loss.
        samples: only 1, as all draws of a point mass are one.
        corruption: of what the layers above the first are given; x comes corrupted.
        head: p(y|z), for labels.
        layer_epochs: of each layer's stage at most, one number or one for each layer; 0 leaves a
            layer out; None: `trainer.max_epochs`.
        layer_lr: learning rate of the layers' stages, one or one for each; None: `optimizer.lr`.

    Raises:
        UserError: where the posterior is random, the networks are no chains of layers that match,
            or a number is out of its range.

    References:
        Bengio, Lamblin, Popovici, Larochelle: Greedy layer-wise training of deep networks. 2007.
        https://papers.nips.cc/paper/3048-greedy-layer-wise-training-of-deep-networks
        Vincent, Larochelle, Lajoie, Bengio, Manzagol: Stacked denoising autoencoders. 2010.
        https://www.jmlr.org/papers/v11/vincent10a.html
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        corruption: Corruption | None = None,
        head: Classifier | None = None,
        layer_epochs: int | Sequence[int] | None = None,
        layer_lr: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        require_point(encoder.family, samples)
        self.objective, self.corruption, self.head = objective, corruption, head
        self.stack = Stack(encoder, decoder)
        epochs = _each("layer_epochs", layer_epochs, len(self.stack), 0)
        self.rates = _each("layer_lr", layer_lr, len(self.stack), 0.0)
        self.pretrained = [k for k, n in enumerate(epochs) if n != 0]
        # the batches' own corruption is that of x, which the first layer alone is given
        layers = [Stage(f"layer {k + 1}", epochs[k], k == 0) for k in self.pretrained]
        watched = None if head is None else head.watched
        self.stages = (*layers, Stage("fine-tuning", corrupted=False, watched=watched))

    @property
    def layer(self) -> int | None:
        """The layer that the present stage trains, from 0; None: all of them."""
        stage = self.position.stage
        return self.pretrained[stage] if stage < len(self.pretrained) else None

    def players(self) -> Mapping[str, Player]:
        """One player: a layer and its counterpart, or all layers and the head."""
        if (layer := self.layer) is None:
            if self.head is None:
                return {"model": Player([self.encoder, self.decoder], self.terms)}
            also = [self.decoder] if self.reconstructs else []
            return {"model": Player([self.encoder, self.head, *also], self.labelled_terms)}
        rate, maker = self.rates[layer], cast(Callable[..., Optimizer], self.plan.optimizer)
        optimizer = maker if rate is None else partial(maker, lr=rate)
        player = Player(self.stack.modules_of(layer), partial(self.layer_terms, layer), optimizer)
        return {f"layer_{layer + 1}": player}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    @property
    def reconstructs(self) -> bool:
        """Whether the reconstruction is trained beside the head: it costs a pass of the decoder."""
        return "distortion" in self.plan.weights

    def labelled_terms(self, batch: Batch) -> Terms:
        """Return `cross_entropy` of the labels, and `distortion` where it has a weight."""
        assert self.head is not None
        if not self.reconstructs:
            return {"cross_entropy": self.head.term(self.encoder(batch["x"]).mean, batch["y"])}
        inference = self.infer(batch)
        terms = {"cross_entropy": self.head.term(inference.q.mean, batch["y"])}
        return {**terms, **reconstruction(inference)}

    def layer_terms(self, layer: int, batch: Batch) -> Terms:
        """Return what a layer's reconstruction of its input costs."""
        return self._layer_terms(layer, batch, self.corruption)

    def _layer_terms(self, layer: int, batch: Batch, corruption: Corruption | None) -> Terms:
        x = batch["x"]
        h = self.stack.features(x, layer)
        given = h if layer == 0 or corruption is None else corruption(h)
        target = batch.get("target", x) if layer == 0 else h
        return {f"distortion_{layer + 1}": self.stack.cost(layer, given, target)}

    def class_probabilities(self, x: Tensor) -> Tensor | None:
        """Return what the head makes of the codes, (B, K); None without one."""
        return None if self.head is None else self.head(self.encoder(x).mean).probs

    def report(self, batch: Batch) -> Report:
        """Return the cost of the present stage, without corruption, and how the head errs."""
        code = self.encoder(batch["x"]).mean
        scores = {}
        if (layer := self.layer) is not None:
            terms = self._layer_terms(layer, batch, None)
        elif self.head is None:
            terms = reconstruction(self.infer(batch))
        else:
            terms = {"cross_entropy": self.head.cost(code, batch["y"])}
            scores = self.head.scores(code, batch["y"])
        costs = {k: v for k, v in terms.items() if isinstance(v, Tensor)}
        return Report(costs, code, None, scores=scores)


def _each(
    name: str, value: Number | Sequence[Number] | None, layers: int, least: Number
) -> Sequence[Number | None]:
    """Return a value for each layer."""
    values = [*value] if isinstance(value, Sequence) else [value] * layers
    if len(values) != layers:
        raise UserError(
            f"model.{name}={values}: must be one number, or one for each of the {layers} layers"
        )
    for found in values:
        if found is not None and found < least:
            raise UserError(f"model.{name}={value}: must be {least} or more, or null")
    return values
