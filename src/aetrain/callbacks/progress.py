"""The progress bar."""

import sys
import time
from typing import Any, final

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from aetrain.autoencoder import Autoencoder

LINES = 20
"""Lines of progress for a whole run where the output is no terminal."""


@final
class ProgressLine(ProgressBar):
    """One live line: epoch, batches, what is watched, speed, time left; on a pipe, plain lines.

    Arguments:
        console: where to draw.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self._live = console.is_terminal
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._printed_at = 0.0

    def disable(self) -> None:
        """Draw nothing (processes other than the first)."""
        self._live = False
        self.console = Console(file=sys.stderr, quiet=True)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the line where the run stands."""
        model = _model(pl_module)
        if not self._live or not trainer.is_global_zero:
            return
        self._progress = Progress(
            TextColumn(f"{model.stage.name} epoch {{task.fields[epoch]}}".lstrip()),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            refresh_per_second=4,
            transient=True,
        )
        # neither epochs nor steps are limited: there is no end to show
        total = None if model.game.total_steps == sys.maxsize else model.game.total_steps
        self._task = self._progress.add_task(
            "", total=total, completed=model.position.stage_step, epoch="", figures=""
        )
        self._progress.start()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the line on."""
        if self._progress is not None and self._task is not None:
            model = _model(pl_module)
            self._progress.update(
                self._task,
                completed=model.position.stage_step,
                epoch=f"{model.position.epoch + 1}/{trainer.max_epochs}",
                figures=_figures(model),
            )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print a plain line now and then where the output is no terminal."""
        epochs = trainer.max_epochs or 1
        epoch = trainer.current_epoch + 1
        due = epoch % max(1, epochs // LINES) == 0 or time.monotonic() - self._printed_at > 60
        if self._progress is None and due and trainer.is_global_zero:
            self._printed_at = time.monotonic()
            model = _model(pl_module)
            text = f"{model.stage.name} epoch {epoch}/{epochs}  {_figures(model)}".lstrip()
            self.console.print(text, highlight=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the line away; the table of results follows."""
        self._stop()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back."""
        self._stop()

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _figures(model: Autoencoder) -> str:
    """Return the newest figures as text."""
    latest, validated = model.meter.latest, model.evaluator.figures
    # a stage may train what is no term of the whole
    names = ("elbo", "distortion", "rate", "loss", "cost")
    trained = next((n for n in names if f"train/{n}" in latest), None)
    parts = [] if trained is None else [f"{trained} {latest[f'train/{trained}']:.2f}"]
    # where a stage or a model watches a figure of its own, it is that one
    own = [name for name in (model.stage.watched, model.watched) if name not in (None, "cost")]
    name = next((n for n in (*own, trained, *names) if f"val/{n}" in validated), None)
    if name is not None:
        named = "validation" if name == trained else f"validation {name}"
        parts.append(f"{named} {validated[f'val/{name}']:.{4 if own else 2}f}")
    if "speed/examples_per_s" in latest:
        parts.append(f"{latest['speed/examples_per_s']:,.0f} examples/s")
    return "  ".join(parts)


def _model(module: pl.LightningModule) -> Autoencoder:
    assert isinstance(module, Autoencoder)
    return module
