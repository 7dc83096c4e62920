"""TensorBoard, in the run's own directory."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from pytorch_lightning.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from aetrain.evaluation.interval import ERROR

CONCLUSION = ".conclusion"
"""What the name of the file ends in that says how a run came out."""


@final
class TensorBoard(TensorBoardLogger):
    """Writes to <run>/tensorboard; a resumed run goes on in the same curves.

    Arguments:
        path: the run's directory.
        step: batches trained on before; later points of an earlier process are dropped.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        super().__init__(path, name="", version="tensorboard", default_hp_metric=False)
        self._kwargs["purge_step"] = step + 1 if step else None

    def log_hyperparams(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, params: Mapping[str, Any], metrics: Mapping[str, Any] | None = None
    ) -> None:
        """Declare the hyperparameters, once for a run."""
        if self._kwargs["purge_step"] is None:
            _, start, _ = hparams(_plain(params), {})
            self.experiment._get_file_writer().add_summary(start)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write a point of each curve; standard errors, of which nobody wants curves, are none."""
        shown = {name: value for name, value in metrics.items() if not name.endswith(ERROR)}
        super().log_metrics(shown, step)

    @contextmanager
    def conclusion(
        self, params: Mapping[str, Any], figures: Iterable[str]
    ) -> Iterator[SummaryWriter]:
        """Yield a writer of what is said of a finished run, to a file of its own.

        What was said before, when the run had come to an earlier end, is dropped.

        Arguments:
            params: the hyperparameters.
            figures: names of the scalars that stand beside them in the table of runs.
        """
        self.experiment.flush()
        for file in Path(self.log_dir).glob(f"*{CONCLUSION}"):
            file.unlink()
        writer = SummaryWriter(self.log_dir, filename_suffix=CONCLUSION)
        try:
            table, _, end = hparams(_plain(params), dict.fromkeys(figures, 0.0))
            for summary in (table, end):
                writer._get_file_writer().add_summary(summary)
            yield writer
        finally:
            writer.close()

    def save(self) -> None:
        """Write nothing more: the configuration is in the run's config.yaml already."""

    def finalize(self, status: str) -> None:
        """Flush; the test that follows the training goes on in the same file."""
        self.experiment.flush()

    def close(self) -> None:
        """Close the file."""
        self.experiment.close()


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers and words: a weight may be a schedule, for which there is no column."""
    return {k: v if isinstance(v, int | float | str) else str(v) for k, v in params.items()}
