"""The regularised autoencoder."""

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.errors import UserError, choice
from aetrain.evaluation.squared_error import squared_error
from aetrain.evaluation.tally import Report
from aetrain.models.pair import Pair
from aetrain.objectives.inference import Inference
from aetrain.objectives.reconstruction import reconstruction
from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player
from aetrain.priors.prior import Prior
from aetrain.regularisers.regulariser import Regulariser
from aetrain.regularisers.weight_decay import WeightDecay


@final
class RAE(Pair):
    """An autoencoder of points z = f(x), held together and decoded smoothly, without noise.

    Its terms are `distortion` = −log p(x|z), `code_norm` = ½ |z|² and what the regulariser of the
    decoder adds. What a VAE's noise does to its decoder the regulariser does; what its prior does
    to the codes, a density that is fitted to them after training (`sampler=gaussian_mixture`).
    It watches the distortion.

    Arguments:
        encoder: the code, with a point-mass posterior.
        decoder: p(x|z).
        prior: used by `sample` alone, where no sampler was fitted.
        objective: from one pass to the terms of the loss, but for the two regularisers'.
        samples: only 1, as all draws of a point mass are one.
        regulariser: makes the decoder's, from the decoder; None: the codes alone are regularised.

    Raises:
        UserError: where the posterior is random, or more than one sample is asked for.

    References:
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
        regulariser: Callable[[Conditional], Regulariser] | None = WeightDecay,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        if encoder.family.has_density:
            raise UserError(
                f"model=rae encodes to a point, and posterior={choice(encoder.family)} is random:"
                " use posterior=delta (its default), or model=vae"
            )
        if samples != 1:
            raise UserError(f"samples={samples}: model=rae encodes to a point; use samples=1")
        self.objective = objective
        self.regulariser = None if regulariser is None else regulariser(decoder)

    def players(self) -> Mapping[str, Player]:
        """One player: encoder and decoder."""
        return {"model": Player([self.encoder, self.decoder], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms, that of the codes and those of the decoder."""
        inference = self.infer(batch)
        z = inference.z[0]
        own = {} if self.regulariser is None else self.regulariser.terms(z)
        return {**self.objective(inference), "code_norm": _half_square(z), **own}

    def report(self, batch: Batch) -> Report:
        """Return the distortion, and beside it the codes' norm and the squared error."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        z = inference.q.mean
        error = squared_error(inference.p, inference.x)
        return Report(costs, z, None, {"code_norm": _half_square(z), **error})


def _half_square(z: Tensor) -> Tensor:
    """Return ½ |z|², (B,), for z (B, *latent)."""
    return 0.5 * z.flatten(1).square().sum(1)
