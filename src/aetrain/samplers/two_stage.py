"""A second variational autoencoder, of the codes of the first."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.networks.widths import require_widths
from aetrain.samplers.code_vae import CodeVAE
from aetrain.samplers.minimise import Schooling, minimise
from aetrain.samplers.sampler import ROWS, Sampler

SCORED = 100
"""Draws of u for the density of one code."""


@final
class TwoStage(Sampler):
    """p(z) = ∫ p(z|u) N(u; 0, I) du: u ~ N(0, I), then z ~ N(f(u), γ² I).

    `model=two_stage_vae` has the same second stage as a part of its own, trained on new draws of
    q(z|x) in each step; this one fits any model, to one draw for each example.

    Arguments:
        event: shape of one code.
        hidden: widths of the networks of the second autoencoder.
        updates: steps of Adam.
        batch: codes of a step.
        lr: learning rate at first.
        codes: at most this many training codes are used.

    Raises:
        UserError: where a number is out of its range.

    References:
        Dai, Wipf: Diagnosing and enhancing VAE models. 2019. https://arxiv.org/abs/1903.05789
    """

    def __init__(
        self,
        event: Sequence[int],
        *,
        hidden: Sequence[int] = (256, 256),
        updates: int = 3000,
        batch: int = 256,
        lr: float = 1e-3,
        codes: int = 100_000,
    ) -> None:
        super().__init__(event, codes=codes)
        require_widths(hidden, "sampler")
        self.schooling, self.hidden = Schooling(updates, batch, lr), tuple(hidden)
        self.vae = self._made()

    def _made(self) -> CodeVAE:
        return CodeVAE(self.size, hidden=self.hidden).requires_grad_(False)

    @property
    def least(self) -> int:
        """Two."""
        return 2

    def learn(self, codes: Tensor) -> None:
        """Begin anew, and maximise the codes' ELBO."""
        self.vae.load_state_dict(self._made().state_dict())
        self.vae.begin(codes)
        minimise(
            self.vae,
            lambda z: torch.stack(self.vae.costs(z)).sum(0),
            codes.to(self.vae.standard.loc),
            self.schooling,
        )

    def density(self) -> Distribution:
        """Return p(z), whose density is an estimate."""
        return self.vae()

    @torch.no_grad()
    def score(self, codes: Tensor) -> Tensor:
        """Return importance-sampled estimates of log p(z), (N,); on average they lie below it."""
        parts = codes.flatten(1).to(self.vae.standard.loc).split(ROWS)
        return torch.cat([self.vae.log_prob(part, SCORED) for part in parts])
