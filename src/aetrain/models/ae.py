"""The plain autoencoder."""

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


@final
class AE(Pair):
    """p(x|x): a code z = f(x) and a decoder p(x|z); it defines no p(x), so it has no ELBO.

    Arguments:
        encoder: the code, with a point-mass posterior.
        decoder: p(x|z).
        prior: used by `sample` alone, to show what decodes of points that are no codes look like.
        objective: from one pass to the terms of the loss.
        samples: only 1, as all draws of a point mass are one.

    Raises:
        UserError: where the posterior is random, or more than one sample is asked for.

    References:
        Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks.
        Science 313, 2006. https://doi.org/10.1126/science.1127647
    """

    def __init__(
        self,
        encoder: Conditional,
        decoder: Conditional,
        prior: Prior,
        objective: Callable[[Inference], Terms] = reconstruction,
        samples: int = 1,
    ) -> None:
        super().__init__(encoder, decoder, prior, samples)
        if encoder.family.has_density:
            raise UserError(
                f"model=ae encodes to a point, and posterior={choice(encoder.family)} is random:"
                " use posterior=delta (its default), or model=vae"
            )
        if samples != 1:
            raise UserError(f"samples={samples}: model=ae encodes to a point; use samples=1")
        self.objective = objective

    def players(self) -> Mapping[str, Player]:
        """One player: encoder and decoder."""
        return {"model": Player([self.encoder, self.decoder], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def report(self, batch: Batch) -> Report:
        """Return the distortion, and beside it the squared error."""
        inference = self.infer(batch)
        costs = {k: v for k, v in reconstruction(inference).items() if isinstance(v, Tensor)}
        error = squared_error(inference.p, inference.x)
        return Report(costs, inference.q.mean, None, error)
