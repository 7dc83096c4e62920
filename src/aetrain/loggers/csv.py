"""All figures of a run in one csv file."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from pytorch_lightning.loggers import Logger


@final
class CSV(Logger):
    """Writes <run>/metrics.csv: a row for each line of the log, a column for each figure.

    A resumed run drops the rows that come after its first step and goes on.

    Arguments:
        path: the run's directory.
        step: batches trained on before.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        super().__init__()
        self.file = path / "metrics.csv"
        self._columns: list[str] = ["step"]
        self._rows: list[dict[str, Any]] = []
        if step and self.file.is_file():
            with self.file.open(newline="") as file:
                reader = csv.DictReader(file)
                self._columns = list(reader.fieldnames or ["step"])
                self._rows = [row for row in reader if int(row["step"]) <= step]
            self._rewrite()

    @property
    def name(self) -> str:
        """The file's name."""
        return "metrics"

    @property
    def version(self) -> str:
        """None is kept."""
        return ""

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Leave them to the run's config.yaml."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Append a row; a new figure adds a column to all rows."""
        row = {"step": step, **metrics}
        self._rows.append(row)
        new = [name for name in row if name not in self._columns]
        if new or not self.file.is_file():
            self._columns += new
            self._rewrite()
        else:
            with self.file.open("a", newline="") as file:
                csv.DictWriter(file, self._columns).writerow(row)

    def _rewrite(self) -> None:
        with self.file.open("w", newline="") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(self._rows)
