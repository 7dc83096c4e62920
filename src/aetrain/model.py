"""What a model of autoencoders is, apart from its training: what it must offer, and its draws."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.conditioning.conditioning import Conditioning
from aetrain.data.module import DataModule
from aetrain.distributions.draws import draws
from aetrain.errors import UserError
from aetrain.evaluation.tally import Report
from aetrain.families import Family
from aetrain.objectives.objective import Objective
from aetrain.player import Batch, Player
from aetrain.position import Position
from aetrain.priors.prior import Prior
from aetrain.samplers.sampler import Sampler
from aetrain.spaces import Space
from aetrain.stage import Stage


class Model(pl.LightningModule, ABC):
    """What every model is, whether it is trained or only used.

    A model says who plays (`players`) and offers `encode`, `decode`, `codes`, `log_prob` and
    `report`; it knows nothing of files or logging. `Autoencoder` adds the training.
    """

    watched: str = "cost"
    """The validation figure, to be minimised, that early stopping and the best checkpoint watch;
    of corrupted examples, `denoising_<figure>`, in a stage that is trained on them. A stage may
    name another."""

    space: Space = Space.REAL
    """Where codes lie: only real vectors have a density that a sampler could be fitted to."""

    encodes: bool = True
    """False for a model without an encoder: there are no codes of examples, and what shows or uses
    them is left out."""

    sets_condition: bool = False
    """True for a model that says itself under which condition its networks work, such as one that
    goes through all classes; of any other it is the batch's."""

    decodes_condition: bool = True
    """False for a conditional model of which p(x|z) sees no condition, so that one code looks the
    same under all of them."""

    stages: Sequence[Stage] = (Stage(),)
    """What a run of this model does, one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.position = Position()
        self.seed = 0
        self.denoises = False
        self.sampler: Sampler | None = None
        self.conditioning: Conditioning | None = None

    @abstractmethod
    def players(self) -> Mapping[str, Player]:
        """Return who is trained in the present stage by which costs, in the order of moves."""

    @property
    @abstractmethod
    def latent(self) -> torch.Size:
        """The shape of one code z, such as (D,)."""

    @abstractmethod
    def encode(self, x: Tensor) -> Distribution:
        """Return q(z|x), batch shape (B,), for x (B, *event).

        Raises:
            UserError: where the model has no encoder.
        """

    @abstractmethod
    def decode(self, z: Tensor) -> Distribution:
        """Return p(x|z), batch shape (*batch,), for z (*batch, *latent)."""

    @abstractmethod
    def codes(self) -> Distribution:
        """Return the distribution of codes, batch shape (), that the model itself draws from."""

    @abstractmethod
    def report(self, batch: Batch) -> Report:
        """Return what a batch costs at weight 1, whatever weights the training uses."""

    def log_prob(self, x: Tensor, samples: int) -> Tensor | None:
        """Return estimates of log p(x), (B,), or None for a model that defines no p(x)."""
        return None

    def class_probabilities(self, x: Tensor) -> Tensor | None:
        """Return p(y|x), (B, K), of a model that tells the labels' classes apart, else None."""
        return None

    def require(self, data: DataModule) -> None:
        """Refuse data that this model cannot learn from, before anything is written."""

    def prepare(self, data: DataModule) -> None:
        """Let families and priors look at the data once, before the first step."""
        for module in self.modules():
            if isinstance(module, (Family, Prior)):
                module.prepare(lambda n: data.examples(n, self.device))
            if isinstance(module, Objective):
                module.prepare(len(data.tables["train"]))

    def begin_stage(self, data: DataModule) -> None:
        """Get ready for the present stage, once, before its first step; state goes to buffers."""

    @property
    def stage(self) -> Stage:
        """The present stage."""
        return self.stages[self.position.stage]

    @property
    def watches(self) -> str:
        """The validation figure that early stopping and the best checkpoint watch at present."""
        watched = self.stage.watched or self.watched
        return f"denoising_{watched}" if self.denoises and self.stage.corrupted else watched

    def under(self, condition: Tensor | int | None, rows: int) -> AbstractContextManager[None]:
        """Let a conditional model work under a condition for a while; others take no notice.

        Arguments:
            condition: a class, one for each of the rows, or what stands for one, (rows, *shape).
            rows: how many examples, or codes, will be given.

        Raises:
            UserError: for a condition that there is not; where there is none, once it is needed.
        """
        if (conditioning := self.conditioning) is None:
            if condition is not None:
                raise UserError(
                    "condition: this model was trained without one: leave it out, or use a model"
                    " with conditioning=concat"
                )
            return nullcontext()
        return conditioning.condition.given(conditioning.asked(condition, rows, self.device))

    def conditioned(self, batch: Batch, *, dropped: bool = False) -> AbstractContextManager[None]:
        """Let a conditional model work under a batch's condition, or its labels, for a while.

        Arguments:
            batch: of B examples.
            dropped: whether some have none, as in training.
        """
        if (conditioning := self.conditioning) is None or self.sets_condition:
            return nullcontext()
        c = conditioning.of_batch(batch)
        return conditioning.condition.given(conditioning.dropped(c) if dropped else c)

    @torch.no_grad()
    def sample(self, n: int, condition: Tensor | int | None = None) -> Distribution:
        """Return p(x|z), batch shape (n,), for n draws of codes: the sampler's, if it is there.

        Arguments:
            n: how many.
            condition: of a conditional model: a class, or one for each.
        """
        with self.under(condition, n):
            codes = self.codes() if self.sampler is None else self.sampler()
            z = draws(codes, n)
            return self.decode(z if self.sampler is None else z.to(self.dtype))

    def conditioned_by_none(self) -> AbstractContextManager[None]:
        """Let a conditional model work as for examples without a label for a while."""
        if self.conditioning is None:
            return nullcontext()
        return self.conditioning.condition.none(self.device)

    @torch.no_grad()
    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the mean of p(x|z) at the mean of q(z|x), (B, *event)."""
        return self.decode(self.encode(x).mean).mean
