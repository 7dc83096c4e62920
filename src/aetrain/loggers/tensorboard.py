"""TensorBoard, in the run's own directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from pytorch_lightning.loggers import TensorBoardLogger
from torch.utils.tensorboard.summary import hparams


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
        """Declare the hyperparameters and the names of the figures that come at the end."""
        # a weight may be a schedule, which TensorBoard has no column for but as words
        plain = {k: v if isinstance(v, int | float | str) else str(v) for k, v in params.items()}
        writer = self.experiment._get_file_writer()
        for summary in hparams(plain, dict.fromkeys(metrics or {}, 0.0)):
            writer.add_summary(summary)

    def save(self) -> None:
        """Write nothing more: the configuration is in the run's config.yaml already."""

    def finalize(self, status: str) -> None:
        """Flush; the test that follows the training goes on in the same file."""
        self.experiment.flush()

    def close(self) -> None:
        """Close the file."""
        self.experiment.close()
