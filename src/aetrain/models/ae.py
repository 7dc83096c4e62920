"""The autoencoder of point codes, plain or regularised."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import final

from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError, choice
from aetrain.evaluation.squared_error import squared_error
from aetrain.evaluation.tally import Report
from aetrain.families import Family
from aetrain.models.pair import Pair
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.regularisers.regulariser import Regulariser
from aetrain.sparsity.sparsity import Sparsity


@final
class AE(Pair):
    """p(x|x): a code z = f(x) and a decoder p(x|z); it defines no p(x), so it has no ELBO.

    Regularisers add costs of codes, encoder and decoder to the objective's terms. What a VAE's
    noise does to its decoder one of them can do; what its prior does to the codes, a density that
    is fitted to them after training (`sampler=gaussian_mixture`). Whatever they are, the model
    watches the distortion.

    Arguments:
        encoder: the code, with a point-mass posterior.
        decoder: p(x|z).
        prior: used by `sample` alone, where no sampler was fitted, to show what decodes of points
            that are no codes look like.
        objective: from one pass to the terms of the loss, but for the regularisers'.
        samples: only 1, as all draws of a point mass are one.
        regularisers: name -> what makes one from encoder and decoder.
        sparsity: what made the encoder's codes sparse, if anything did; it costs besides.

    Raises:
        UserError: where the posterior is random, or more than one sample is asked for.

    References:
        Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks.
        Science 313, 2006. https://doi.org/10.1126/science.1127647
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders.
        2020. https://arxiv.org/abs/1903.12436
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
        *,
        regularisers: Mapping[str, Callable[[Conditional, Conditional], Regulariser]] = (
            MappingProxyType({})
        ),
        sparsity: Sparsity | None = None,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        require_point(encoder.family, samples)
        self.objective = objective
        self.sparsity = sparsity
        self.regularisers = [make(encoder, decoder) for make in regularisers.values()]
        self.regularisers += [] if sparsity is None else [sparsity]

    def players(self) -> Mapping[str, Player]:
        """One player: encoder and decoder."""
        return {"model": Player([self.encoder, self.decoder], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch, and the regularisers'."""
        inference = self.infer(batch)
        terms = self.objective(inference)
        for regulariser in self.regularisers:
            terms = {**terms, **regulariser.terms(batch["x"], inference)}
        return terms

    def report(self, batch: Batch) -> Report:
        """Return the distortion, and beside it what the regularisers tell and the squared error."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        more: dict[str, Tensor] = {}
        for regulariser in self.regularisers:
            more |= regulariser.figures(batch["x"], inference)
        fired = {} if (s := self.sparsity) is None else {"dead_units": s.active(inference.z[0])}
        error = squared_error(inference.p, inference.x)
        return Report(costs, inference.q.mean, None, more, fired=fired, scores=error)


def require_point(posterior: Family, samples: int) -> None:
    """Raise UserError where codes would be random, or drawn more than once."""
    if not posterior.point:
        other = "vae" if posterior.has_density else "aae"  # which needs no density
        raise UserError(
            f"posterior={choice(posterior)} is random, but this model encodes to a point:"
            f" use posterior=delta (its default), or model={other}"
        )
    if samples != 1:
        raise UserError(
            f"samples={samples}: this model encodes to a point; use samples=1, with an objective"
            " that takes one, such as objective=reconstruction"
        )
