"""Runs among others: all under a directory, and the newest."""

from pathlib import Path

from aetrain.errors import UserError

LAST = Path("last")
OUTPUTS = Path("outputs")


def located(path: Path) -> Path:
    """Return the run that is meant: `last` is the newest under outputs/ that has a checkpoint.

    Raises:
        UserError: where there is no run at all.
    """
    if path != LAST or path.exists():
        return path
    found = [p for p in all_runs(OUTPUTS) if any((p / "checkpoints").glob("*.ckpt"))]
    if not found:
        raise UserError("last: there is no run under outputs/; choose a run's directory")
    return max(found, key=lambda p: (p / "config.yaml").stat().st_mtime)


def all_runs(root: Path) -> list[Path]:
    """Return the directories of all runs under a directory, itself included, sorted."""
    return sorted(
        p.parent for p in root.rglob("config.yaml") if (p.parent / "checkpoints").is_dir()
    )
