"""When a run ends before its last epoch."""

from typing import Any, final

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping as LightningEarlyStopping

from aetrain.autoencoder import Autoencoder

KEY = "callbacks.early_stopping.patience"


@final
class EarlyStopping(LightningEarlyStopping):
    """Stops after `patience` validations without a better figure, and says so.

    Arguments:
        watched: the validation figure, to be minimised.
        patience: validations; in a run that goes on the present value counts, not the saved one.
    """

    def __init__(self, watched: str, patience: int) -> None:
        # each validation is judged where it ends, also in the middle of an epoch
        super().__init__(
            f"val/{watched}", mode="min", patience=patience, check_on_train_epoch_end=False
        )
        self.best_epoch: int | None = None
        self._ends = False  # by the last validation

    @property
    def used_up(self) -> bool:
        """Whether there is no patience left."""
        return self.wait_count >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """Return what has been counted."""
        return {**super().state_dict(), "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what has been counted."""
        super().load_state_dict({**state_dict, "patience": self.patience})
        self.best_epoch = state_dict.get("best_epoch")  # older checkpoints do not say

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let a run that goes on without patience left train no more."""
        self._ends = self.used_up
        self._ask(trainer, trainer.current_epoch)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge the figure."""
        best, others = self.best_score, trainer.should_stop
        trainer.should_stop = False
        super().on_validation_end(trainer, pl_module)
        self._ends, trainer.should_stop = trainer.should_stop, others
        self._ask(trainer, trainer.current_epoch)
        if self.best_score is not best:
            self.best_epoch = trainer.current_epoch + 1

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Ask again: with this epoch there may be as many as `trainer.min_epochs`."""
        if self._ends:
            self.stopped_epoch = trainer.current_epoch
        self._ask(trainer, trainer.current_epoch + 1)

    def _ask(self, trainer: pl.Trainer, epochs: int) -> None:
        """Ask for the end, but not before it can be: what has been asked for is never taken back.

        Arguments:
            trainer: which is asked.
            epochs: that are over.
        """
        if self._ends and epochs >= (trainer.min_epochs or 0):
            trainer.should_stop = True

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say why training ends, where that is decided here."""
        assert isinstance(pl_module, Autoencoder)
        if reason := self._reason(trainer):
            stage = f"{pl_module.stage.name}: " if pl_module.stage.name else ""
            last = f" of {trainer.max_epochs}" if (trainer.max_epochs or -1) > 0 else ""
            epoch = f"{self.stopped_epoch + 1}{last}"
            pl_module.say(f"{stage}stopped early in epoch {epoch}: {self.monitor} {reason}")

    def _reason(self, trainer: pl.Trainer) -> str:
        """Return why training ends, empty where that is decided elsewhere."""
        if self.used_up:
            best = "" if self.best_epoch is None else f", of epoch {self.best_epoch},"
            return (
                f"was not below {float(self.best_score):.6g}{best} in {self.wait_count} validations"
                f" ({KEY}={self.patience})"
            )
        value = trainer.callback_metrics.get(self.monitor)
        return "" if value is None or value.isfinite() else f"is {float(value)}"
