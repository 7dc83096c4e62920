"""When a run is saved."""

import time
from pathlib import Path
from typing import Any, final

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from aetrain.autoencoder import Autoencoder
from aetrain.checkpoint import written_whole
from aetrain.errors import Interrupted, UserError

BEST, LAST = "best", "last"


@final
class Checkpoints(Checkpoint):
    """Keeps `last.ckpt`, from which a run goes on exactly, and the weights its stage ends with.

    These are the best ones by the figure that the model watches; or those of the last validation,
    as in a game, where no figure needs to fall while it goes well. They are kept in memory when
    they are found and written with, and before, the next `last.ckpt`: short epochs do not wait for
    the disk, and a run that dies in between finds them again when it goes on from `last.ckpt`.

    Arguments:
        path: directory of the checkpoints.
        best: the file of the weights that are kept.
        every_seconds: least time between two saves at the ends of epochs; 0 saves at each.
        every_n_steps: also save after every so many batches; None for no such saves.
        keep: `best` or `last`, the weights that are tested, loaded and taken to the next stage.

    Raises:
        UserError: where `keep` is something else.
    """

    def __init__(
        self,
        path: Path,
        *,
        best: str = "best.ckpt",
        every_seconds: float = 30.0,
        every_n_steps: int | None = None,
        keep: str = "best",
    ) -> None:
        if keep not in (BEST, LAST):
            raise UserError(f"callbacks.checkpoint.keep={keep}: choose {BEST} or {LAST}")
        self.path, self.best = Path(path), best
        self.every_seconds, self.every_n_steps = every_seconds, every_n_steps
        self.keeps_last = keep == LAST
        self.best_cost = float("inf")
        self._pending: dict[str, Any] | None = None
        self._saved_at = time.monotonic()
        self._saved_step = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the cost of the weights that are kept."""
        return {"best_cost": self.best_cost}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the cost of the weights that are kept."""
        self.best_cost = state_dict["best_cost"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Count steps from where the run stands."""
        self._saved_step = _model(pl_module).position.step

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save where `every_n_steps` have passed since the last save."""
        model = _model(pl_module)
        if self.every_n_steps and model.position.step - self._saved_step >= self.every_n_steps:
            self.save(trainer, model)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the weights where they are the best so far, or the last ones are wanted."""
        model = _model(pl_module)
        cost = model.evaluator.figures.get(f"val/{model.watches}", float("inf"))
        if trainer.state.fn == "fit" and (self.keeps_last or cost < self.best_cost):
            self.best_cost = cost
            self._pending = {"state_dict": model.usable_state()}
            model.on_save_checkpoint(self._pending)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save where enough time has passed; process 0 decides for all."""
        due = time.monotonic() - self._saved_at >= self.every_seconds
        if trainer.strategy.broadcast(due):
            self.save(trainer, _model(pl_module))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save at the end, whatever the clock says."""
        _model(pl_module).position.finished = True
        self.save(trainer, _model(pl_module))

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save also what was asked for no training at all, in which no training ends."""
        if _model(pl_module).position.step == 0:
            self.on_train_end(trainer, pl_module)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Save where the run was asked to stop; every process has stopped at the same batch."""
        if isinstance(exception, Interrupted) and trainer.state.fn == "fit":
            self.save(trainer, _model(pl_module))

    def save(self, trainer: pl.Trainer, model: Autoencoder) -> None:
        """Write the best weights, if they are new, and then everything.

        Raises:
            NonFiniteLoss: instead of saving weights that a non-finite loss has spoilt.
            UserError: where the disk is full or read-only.
        """
        # a validation that was interrupted has left the averaged ones in their place
        model.use_own_weights()
        model.meter.flush(model)
        if self._pending is not None and trainer.is_global_zero:
            with written_whole(self.path / self.best) as part:
                torch.save(self._pending, part)
        if trainer.is_global_zero:
            with written_whole(self.path / "last.ckpt") as part:
                trainer.save_checkpoint(part)
        else:  # its state is gathered, nothing is written
            trainer.save_checkpoint(self.path / "last.part")
        self._pending = None
        self._saved_at = time.monotonic()
        self._saved_step = model.position.step


def _model(module: pl.LightningModule) -> Autoencoder:
    assert isinstance(module, Autoencoder)
    return module
