"""The study of limits for TensorBoard."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from aetrain.cli.limits_measured import Measured
from aetrain.cli.limits_report import markdown

TAG = "limits"
FOLDER = "compare"
OWN = ".limits"
"""What the name of a file of the study ends in, by which an older one is known."""


def write_summaries(folder: Path, measured: Measured, figures: Mapping[str, Figure]) -> Path:
    """Write figures and text to `compare/` for TensorBoard, in the place of an older study's."""
    from torch.utils.tensorboard.writer import SummaryWriter

    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        with SummaryWriter(str(part), filename_suffix=OWN) as writer:
            writer.add_text(f"{TAG}/claims", markdown(measured))
            for name, figure in figures.items():
                writer.add_figure(f"{TAG}/{name}", figure, close=False)
        for old in place.glob(f"*{OWN}"):
            old.unlink()
        for new in part.iterdir():
            os.replace(new, place / new.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place
