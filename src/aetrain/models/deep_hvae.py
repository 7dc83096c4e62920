"""The deep hierarchical variational autoencoder."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.autoencoder import Autoencoder
from aetrain.conditional import Conditional
from aetrain.deep.bottom_up import BottomUp
from aetrain.deep.head import Head
from aetrain.deep.levels import levels
from aetrain.deep.top_down import TopDown
from aetrain.distributions.hierarchy import descend_through
from aetrain.distributions.layered import LayeredPosterior, LayeredPrior
from aetrain.errors import UserError
from aetrain.evaluation.importance import log_evidence
from aetrain.evaluation.tally import Report
from aetrain.networks.activation import activation_named
from aetrain.networks.mlp import MLP
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.pieces import Pieces
from aetrain.player import Batch, Player
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal


@final
class DeepHVAE(Autoencoder):
    """p(x) = ∫ p(x | h) Π p(zₗ | z above) dz with many layers of latent maps of several sizes.

    The way up gives feature maps d of x; on the way down each layer has a prior p(zₗ | h) and a
    posterior q(zₗ | h, d), both diagonal Gaussians computed by residual convolutions from the same
    h. A code is the vector of all layers' maps, the smallest first.

    Arguments:
        pieces: gives the likelihood; `latent` is the number of channels of each latent map.
        objective: from one pass to the terms of the loss.
        samples: draws S from q(z|x) for each example.
        width: channels of the feature maps, for all sizes or for each, as `blocks`.
        blocks: layers of latents of the data's own height and width, of these halved, halved twice,
            ...; rounding up, 0 for none.
        bottleneck: channels within a residual block, as a fraction of the width.
        activation: name of the nonlinearity.
        relative: whether q is relative to p (NVAE), or has a location and scale of its own (VDVAE).

    Raises:
        UserError: for data that are no images or cannot be halved so often; for a network, prior
            or posterior that it has no use for; for numbers out of their range.

    References:
        Vahdat, Kautz: NVAE: a deep hierarchical variational autoencoder. 2020.
        https://arxiv.org/abs/2007.03898
        Child: Very deep VAEs generalize autoregressive models. 2021.
        https://arxiv.org/abs/2011.10650
    """

    def __init__(
        self,
        pieces: Pieces,
        objective: Callable[[Inference], Terms] = elbo,
        samples: int = 1,
        *,
        width: int | Sequence[int] = 32,
        blocks: Sequence[int] = (0, 2, 2),
        bottleneck: float = 0.5,
        activation: str = "gelu",
        relative: bool = True,
    ) -> None:
        super().__init__()
        pieces.require_own(
            "deep_hvae",
            network=(MLP, "mlp"),
            posterior=(DiagonalGaussian, "diagonal_gaussian"),
            prior=(StandardNormal, "standard_normal"),
        )
        if not bottleneck > 0:
            raise UserError(f"model.bottleneck={bottleneck}: must be above 0, such as 0.5")
        sizes = levels(pieces.event, blocks, width)
        nonlinearity = activation_named(activation, "model.activation")
        gain = sum(blocks) ** -0.5
        (channels,) = pieces.latent
        self.up = BottomUp(pieces.event[0], sizes, bottleneck, nonlinearity, gain)
        self.down = TopDown(sizes, channels, bottleneck, nonlinearity, gain, relative=relative)
        head = partial(Head, halved=sizes[0].halved, nonlinearity=nonlinearity)
        last = torch.Size((sizes[0].width, *sizes[0].size))
        self.decoder = Conditional(head, pieces.likelihood(pieces.event), [last])
        self.objective, self.samples = objective, samples

    def players(self) -> Mapping[str, Player]:
        """One player: everything."""
        return {"model": Player([self], self.terms)}

    def terms(self, batch: Batch) -> Terms:
        """Return the objective's terms of a batch."""
        return self.objective(self.infer(batch))

    def infer(self, batch: Batch) -> Inference:
        """Go up and down once for a batch."""
        return self._infer(self.encode(batch["x"]), batch)

    def _infer(self, q: LayeredPosterior, batch: Batch) -> Inference:
        z = q.rsample((self.samples,))
        p = self._emit(q.down(z).state, z.shape[:-1])
        x = batch.get("target", batch["x"])
        return Inference(x, q, z, p, LayeredPrior(self.down, q))

    @property
    def latent(self) -> torch.Size:
        """The shape of one code."""
        return self.down.event

    def encode(self, x: Tensor) -> LayeredPosterior:
        """Return q(z|x), batch shape (B,), for x (B, *event)."""
        return LayeredPosterior(self.down, self.up(x))

    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for z (*batch, *latent)."""
        state = descend_through(self.down, z.reshape(-1, z.shape[-1])).state
        return self._emit(state, z.shape[:-1])

    def codes(self) -> Distribution:
        """Return p(z)."""
        return LayeredPrior(self.down)

    def report(self, batch: Batch) -> Report:
        """Return the two terms of −ELBO at weight 1, and the rate of each size."""
        q = self.encode(batch["x"])
        inference = self._infer(q, batch)
        costs = {k: v for k, v in elbo(inference).items() if isinstance(v, Tensor)}
        more: dict[str, Tensor] = {}
        for shape, rate in zip(self.down.shapes, q.layer_rates(inference.z), strict=True):
            name = f"rate_{shape[1]}x{shape[2]}"
            more[name] = more[name] + rate if name in more else rate
        return Report(costs, q.mean, q.rates(inference.z, inference.prior), more)

    @torch.no_grad()
    def log_prob(self, x: Tensor, samples: int = 1000) -> Tensor:
        """Return importance-sampled estimates of log p(x), (B,); on average they lie below it."""
        q = self.encode(x)
        prior = LayeredPrior(self.down, q)

        def decode(z: Tensor) -> Distribution:
            return self._emit(q.down(z).state, z.shape[:-1])

        return log_evidence(lambda _: q, decode, prior, x, samples)

    def _emit(self, state: Tensor, batch: torch.Size) -> Distribution:
        """Return p(x|z), batch shape (*batch,), from what came down, folded."""
        return self.decoder(state.reshape(*batch, *state.shape[1:]))
