"""How all models are trained: Lightning's side, evaluation and checkpoints."""

import math
import sys
from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, cast

from torch import Tensor
from torch.optim import Optimizer

from aetrain.averaging import AveragedWeights, suited, usable
from aetrain.checkpoint import CARD, without_sampler
from aetrain.data.loader import Item
from aetrain.data.module import DataModule
from aetrain.errors import Interrupted
from aetrain.evaluation.evaluator import Evaluator
from aetrain.evolving import Evolving
from aetrain.game import Game, Plan
from aetrain.memory import enough_memory
from aetrain.meter import Meter
from aetrain.model import Model
from aetrain.optimizing import configure_anew, optimizer_of
from aetrain.recorder import Recorder, require_recordable
from aetrain.seeding import STEP, seed_torch
from aetrain.world import World


class Autoencoder(Model, ABC):
    """The abstract LightningModule of all models, which are final classes in `aetrain.models`.

    Batches in calls, the game's step, position, seeds, sums for the log, evaluation: what a model
    itself must offer is in `Model`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.plan = Plan()
        self.max_steps = -1
        self.card: dict[str, Any] = {}
        self.description = ""
        self.meter = Meter(every=50)
        self.stop_signal = 0
        self.stops_at_once = False
        self.listen: Callable[[], object] = lambda: None
        self.say: Callable[[str], object] = lambda text: None
        self.evaluator = Evaluator()
        self.averaged_weights: AveragedWeights | None = None
        self.records = False
        self.recorder: Recorder | None = None

    # --- training ---

    @property
    def world(self) -> World:
        """The processes that train this model."""
        trainer = self._trainer
        return World() if trainer is None else World(trainer.global_rank, trainer.world_size)

    @property
    def data(self) -> DataModule:
        """The data set of the run."""
        return cast(DataModule, self.trainer.datamodule)  # pyright: ignore[reportAttributeAccessIssue]

    def configure_optimizers(self) -> list[Optimizer]:
        """Make an optimizer for each player, fused where optimizer and device know how."""
        return [optimizer_of(player, self.plan) for player in self.players().values()]

    def on_fit_start(self) -> None:
        """Prepare before the first step of a run, and join players and optimizers.

        Raises:
            RuntimeError: where another process was given another job.
        """
        self.world.require_same(self.description)
        self.world.copy_from_first(self)
        # a trainer of a later stage, or of a run that goes on, counts on from where the run stands
        self._advance_lightning(self.position.step - self.trainer.global_step)
        # several processes stop together, or their sums would not meet
        with self.stopping_at_once() if self.world.size == 1 else nullcontext():
            if self.position.step == 0:
                self.prepare(self.data)
            if self.position.stage_step == 0:
                with self.conditioned_by_none():
                    self.begin_stage(self.data)
        if self.position.stage_step == 0 and self.averaged_weights is not None:
            self.averaged_weights.begin()
        self._evolving = [module for module in self.modules() if isinstance(module, Evolving)]
        calls = self.data.train_dataloader()
        epochs = self.trainer.max_epochs
        total = calls.batches * epochs if epochs is not None and epochs >= 0 else sys.maxsize
        players = self.players()
        self.game = Game(
            players,
            dict(zip(players, self.trainer.optimizers, strict=True)),
            self.plan,
            total if self.max_steps < 0 else min(total, self.max_steps),
            self.world,
            getattr(self.trainer.precision_plugin, "scaler", None),
        )

    @contextmanager
    def stopping_at_once(self) -> Iterator[None]:
        """Let the first Ctrl-C end the run: what was trained is saved, the rest is soon redone."""
        if self.stop_signal:
            raise Interrupted(self.stop_signal)
        self.stops_at_once = True
        try:
            yield
        finally:
            self.stops_at_once = False

    def on_train_start(self) -> None:
        """Let the configured optimizers rule, not the checkpoint's, in a run that goes on."""
        self.listen()
        self.position.finished = False
        self._validate_every = self.trainer.val_check_batch
        for player, optimizer in zip(self.players().values(), self.trainer.optimizers, strict=True):
            configure_anew(optimizer, player, self.plan)
        if self.records:
            require_recordable(self, self.game.optimizers, self.data)
            self.game.keep_on_device(self.device)
            self.recorder = Recorder(self._play)

    def on_train_end(self) -> None:
        """Give back the memory of recorded steps."""
        self.recorder = None

    def on_train_batch_start(self, batch: list[Item], batch_idx: int) -> None:
        """Leave out the validations that were done before, where an epoch goes on in its middle."""
        self.trainer.val_check_batch = self._validate_every if batch else math.inf

    def on_train_epoch_start(self) -> None:
        """Restart the clock: the time of an evaluation is not training's."""
        self.meter.restart()

    @enough_memory("a training step", "a smaller dataset.batch_size, samples or network.hidden")
    def training_step(self, call: list[Item], call_index: int) -> None:
        """Train on the batches of a call, one after another."""
        for item in call:
            # several processes stop after the call
            alone = self.world.size == 1
            if (alone and self.stop_signal) or self._reached_max_steps():
                break
            self.step(item)
        self._advance_lightning(len(call))
        if self._reached_max_steps():
            self.trainer.should_stop = True
        if signum := self.world.any(self.stop_signal, self.device):
            raise Interrupted(signum)

    def step(self, item: Item) -> None:
        """Train on one batch."""
        position = self.position
        seed_torch(self.device, STEP, self.seed, position.step, self.world.rank)
        self.game.begin(position.stage_step)
        due = self.meter.due(position.step)
        if self.recorder is None or due:
            costs = self._play(item, measure=due)
        else:
            costs = self.recorder.play(item, self.game.movers(position.stage_step))
        position.batch += 1
        position.step += 1
        for module in self._evolving:
            module.after_step(position.stage_step, self.game.total_steps, self.world)
        self.meter.add(costs, item.examples)
        if due:
            self.meter.flush(self)

    def _play(self, item: Item, measure: bool = False) -> dict[str, Tensor]:
        batch = self.data.batch(item, self.device, corrupted=self.stage.corrupted)
        with self.conditioned(batch, dropped=True):
            step = self.position.stage_step
            return self.game.move(batch, item.examples, step, measure=measure)

    def _reached_max_steps(self) -> bool:
        return 0 <= self.max_steps <= self.position.stage_step

    def _advance_lightning(self, batches: int) -> None:
        """Let Lightning's own global step count batches too, for callbacks that read it."""
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        progress.total.ready += batches
        progress.total.completed += batches

    def on_train_epoch_end(self) -> None:
        """Move on to the next epoch, unless this one was left in its middle."""
        self.meter.flush(self)
        if self.position.batch >= self.data.train_dataloader().batches:
            self.position.epoch += 1
            self.position.batch = 0

    # --- evaluation ---

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Use the averaged weights for a while, where there are any."""
        average = self.averaged_weights
        entered = average is not None and average.enter()
        try:
            yield
        finally:
            if entered:
                self.use_own_weights()

    def use_averaged_weights(self) -> None:
        """Put the averaged weights, where there are any, in the place of the training's."""
        if self.averaged_weights is not None:
            self.averaged_weights.enter()

    def use_own_weights(self) -> None:
        """Put the weights of the training back."""
        if self.averaged_weights is not None:
            self.averaged_weights.leave()

    # callbacks' hooks come before the model's: at the end they still see the averaged weights
    def on_validation_start(self) -> None:
        """Validate the averaged weights."""
        self.use_averaged_weights()

    def on_validation_end(self) -> None:
        """Go on with the training's."""
        self.use_own_weights()

    def on_test_start(self) -> None:
        """Test the averaged weights."""
        self.use_averaged_weights()

    def on_test_end(self) -> None:
        """Put the training's back."""
        self.use_own_weights()

    def on_validation_epoch_start(self) -> None:
        """Close the training's line, whose clock must not run on, and begin new sums."""
        self.meter.flush(self)
        self.evaluator.begin()

    def validation_step(self, block: tuple[int, Item] | None, index: int) -> None:
        """Add a block of the validation split to the sums."""
        self._evaluate("valid", block)

    def on_validation_epoch_end(self) -> None:
        """Log the validation figures."""
        self.evaluator.finish(self, "val")
        self.meter.restart()

    def on_test_epoch_start(self) -> None:
        """Begin new sums."""
        self.evaluator.begin()

    def test_step(self, block: tuple[int, Item] | None, index: int) -> None:
        """Add a block of the test split to the sums, with its log p(x)."""
        self._evaluate("test", block)

    def on_test_epoch_end(self) -> None:
        """Log the test figures."""
        self.evaluator.finish(self, "test")

    @enough_memory("an evaluation", "a smaller dataset.eval_batch_size or evaluation.nll_samples")
    def _evaluate(self, split: str, block: tuple[int, Item] | None) -> None:
        if self.stop_signal and self.world.size == 1:
            raise Interrupted(self.stop_signal)
        if block is None:
            return
        number, item = block
        batch = self.data.block(split, number, item, self.device)
        self.evaluator.add(self, split, number, batch)

    # --- checkpoints ---

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what rebuilds the model and says where the run stands: plain containers only."""
        position, spent = vars(self.position).copy(), self.meter.spent.state()
        checkpoint[CARD] = {**self.card, "position": position, "spent": spent}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the position; Lightning's loops then begin at our epoch, not at their own."""
        self.position.__dict__.update(checkpoint[CARD]["position"])
        state = without_sampler(checkpoint["state_dict"])
        checkpoint["state_dict"] = suited(state, self.averaged_weights)
        checkpoint.pop("loops", None)
        loop = self.trainer.fit_loop
        done = {"processed": self.position.epoch, "completed": self.position.epoch}
        vars(loop.epoch_progress.current).update(done)

    def usable_state(self) -> dict[str, Tensor]:
        """Return copies of the weights to be used, which are the averaged ones, and buffers."""
        return {k: v.detach().clone() for k, v in usable(self.state_dict()).items()}

    def take(self, state: Mapping[str, Tensor]) -> None:
        """Take a checkpoint's weights to be used; an average begins anew with them."""
        weights = usable(without_sampler(state))
        self.load_state_dict(suited(weights, self.averaged_weights))
