"""Where a new run goes."""

from datetime import datetime
from pathlib import Path

from aetrain.errors import UserError
from aetrain.run import RESULTS, Run
from aetrain.writing import cannot_write


def default_path(model: str, dataset: str) -> Path:
    """Return outputs/<date>/<time>-<model>-<dataset>."""
    now = datetime.now()
    return Path("outputs") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}-{model}-{dataset}"


def require_new(path: Path) -> None:
    """Refuse a directory that a user names for a new run where something is in it.

    Raises:
        UserError: where that is so.
    """
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"run.dir={path}: {_what_is_in(Run(path))}")
    except OSError as error:
        raise cannot_write(path, error) from error


def _what_is_in(run: Run) -> str:
    """Return what a directory that is not empty holds, and what to do for a new run."""
    if run.is_running():
        return "a process is at work on a run there; choose another run.dir"
    if run.last.is_file():
        return (
            f"holds a run already; use resume={run.path} to go on with it, or choose another"
            " run.dir"
        )
    ours = all((run.path / f"{name}.yaml").is_file() for name in ("config", "choices"))
    if ours and run.checkpoints.is_dir():
        if any(run.checkpoints.iterdir()) or (run.path / RESULTS).exists():
            return "holds a run already; choose another run.dir"
        return "holds a run without a checkpoint; choose another run.dir, or remove that one"
    return "is there already; name a new directory, such as run.dir=outputs/mine"
