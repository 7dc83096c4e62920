"""One of the two models of a study, with its codes."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from aetrain.data.module import DataModule
from aetrain.evaluation.limits.spread import moments
from aetrain.models.pair import Pair
from aetrain.seeding import EVALUATE, SAMPLE, generator, seed_torch

BLOCK = 1000
PRIOR, OWN = "prior", "own Gaussian"
SOURCES = (PRIOR, OWN)
"""What random codes are drawn from: N(0, I), and the Gaussian of the training codes' moments."""


@dataclass
class Side:
    """A model of one code, and the same examples as any other side of the study has.

    Attributes:
        name: what it is called.
        model: in evaluation mode.
        data: of its run, loaded; it says how examples are binarised for it.
        rows: of the test examples.
        training: rows of training examples, of whose codes the own Gaussian is.
        seed: of all draws.
    """

    name: str
    model: Pair
    data: DataModule
    rows: Tensor
    training: Tensor
    seed: int

    @torch.no_grad()
    def codes(self, split: str, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and draws of q(z|x), (N, D) each, float64 on the CPU, of rows of a split."""
        means: list[Tensor] = []
        draws: list[Tensor] = []
        for number, batch in enumerate(self.data.blocks_of(split, rows, self.model.device)):
            seed_torch(self.model.device, EVALUATE, self.seed, number)
            q = self.model.encode(batch["x"].to(self.model.dtype))
            means.append(q.mean.flatten(1).cpu().double())
            draws.append(q.sample().flatten(1).cpu().double())
        return torch.cat(means), torch.cat(draws)

    @cached_property
    def tested(self) -> tuple[Tensor, Tensor]:
        """Means and draws of q(z|x) of the test examples."""
        return self.codes("test", self.rows)

    @cached_property
    def own(self) -> tuple[Tensor, Tensor]:
        """Mean (D,) of the codes of training examples, and a root (D, D) of their covariance."""
        mean, covariance = moments(self.codes("train", self.training)[1])
        values, vectors = torch.linalg.eigh(covariance)
        return mean, vectors * values.clamp_min(0).sqrt()

    def random(self, source: str, number: int) -> Tensor:
        """Return random codes (N, D); those of every side and source are of the same numbers."""
        noise = torch.randn(
            number,
            self.model.latent.numel(),
            generator=generator(SAMPLE, self.seed, number),
            dtype=torch.float64,
        )
        mean, root = self.own if source == OWN else (torch.zeros(()), None)
        return noise if root is None else mean + noise @ root.T

    @torch.no_grad()
    def decoded(self, z: Tensor) -> Tensor:
        """Return the means of p(x|z), (N, *event), float32 on the CPU, of codes (N, D)."""
        # Apple's GPUs have no float64
        given = z.unflatten(1, self.model.latent).type(self.model.dtype).to(self.model.device)
        found = [self.model.decode(part).mean.float().cpu() for part in given.split(BLOCK)]
        return torch.cat(found)
