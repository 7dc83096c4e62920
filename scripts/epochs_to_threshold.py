"""Draw a validation figure of two runs, and tell when each reaches a threshold, in epochs.

    python scripts/epochs_to_threshold.py BASE OTHER --figure distortion -o curves.png

It trains nothing: it reads what runs have logged, metrics.csv or, where there is none, the files of
TensorBoard. All figures are of the kind that falls. Without --threshold it is the best that both
runs reach. A curve reaches it where the line through its validations first comes down to it.
"""

import argparse
import csv
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Curve = list[tuple[float, float]]
"""(epochs, value) of each validation, in their order."""

COLOURS = ("#a9adb3", "#2f6fd0")


def crossing(curve: Curve, threshold: float) -> float:
    """Return after how many epochs a curve first comes down to a threshold; infinity: never.

    Between two validations it is a line; before the first nothing is known, so a curve that begins
    below the threshold is there at its first validation. What is not finite is above all.
    """
    before: tuple[float, float] | None = None
    for epoch, value in curve:
        if value <= threshold:
            if before is None or not math.isfinite(before[1]):
                return epoch
            share = (before[1] - threshold) / (before[1] - value)
            return before[0] + share * (epoch - before[0])
        before = (epoch, value)
    return math.inf


def reached_by_all(curves: Sequence[Curve]) -> float:
    """Return the lowest threshold that all curves reach: the best value of the worst of them."""
    return max(min(value for _, value in curve if math.isfinite(value)) for curve in curves)


def curve_of(run: Path, figure: str) -> Curve:
    """Return a run's validations of a figure.

    Raises:
        SystemExit: where there are none, listing the figures that there are.
    """
    rows = _rows_of_csv(run) if (run / "metrics.csv").is_file() else _rows_of_events(run)
    name = f"val/{figure}"
    values = [(int(row["step"]), float(row[name])) for row in rows if row.get(name)]
    if not values:
        known = sorted(
            {k.removeprefix("val/") for row in rows for k in row if k.startswith("val/")}
        )
        sys.exit(f"{run}: no validation has {figure}; choose one of {', '.join(known) or 'none'}")
    each = _epochs_between_validations(run)
    return [(each * step / values[0][0], value) for step, value in values]


def _epochs_between_validations(run: Path) -> float:
    """Return how many epochs there are to the first validation, by the run's configuration."""
    trainer = yaml.safe_load((run / "config.yaml").read_text())["trainer"]
    share, every = trainer["val_check_interval"], trainer["check_val_every_n_epoch"]
    if not isinstance(share, float | None):
        sys.exit(f"{run}: validates within epochs; use a run with trainer.val_check_interval=null")
    return (every or 1) * (1.0 if share is None else share)


def _rows_of_csv(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _rows_of_events(run: Path) -> list[dict[str, str]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = run / "tensorboard"
    if not folder.is_dir():
        sys.exit(f"{run}: holds no metrics.csv and no tensorboard/; choose a run's directory")
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return [
        {"step": str(event.step), tag: repr(event.value)}
        for tag in events.Tags()["scalars"]
        for event in events.Scalars(tag)
    ]


def compare(curves: dict[str, Curve], threshold: float | None) -> dict[str, Any]:
    """Return threshold, epochs of both, and their ratio: how many times as many the first takes."""
    level = reached_by_all(list(curves.values())) if threshold is None else threshold
    epochs = {name: crossing(curve, level) for name, curve in curves.items()}
    base, other = epochs.values()
    ratio = base / other if math.isfinite(base) and math.isfinite(other) else None
    told = {name: found if math.isfinite(found) else None for name, found in epochs.items()}
    return {"threshold": level, "epochs": told, "ratio": ratio}


def draw(curves: dict[str, Curve], found: dict[str, Any], figure: str) -> Figure:
    """Draw both curves, the threshold, and where they cross it."""
    sheet = Figure((5.6, 3.6), dpi=110, layout="constrained")
    axes: Axes = sheet.subplots()
    axes.axhline(found["threshold"], color="#8a8a8a", linewidth=0.8, linestyle="--")
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=True):
        axes.plot(*zip(*curve, strict=True), marker=".", color=colour, label=name)
        if (at := found["epochs"][name]) is not None:
            axes.plot(at, found["threshold"], marker="o", fillstyle="none", color=colour)
            axes.annotate(f"{at:.3g}", (at, found["threshold"]), (4, 4), textcoords="offset points")
    axes.set(xlabel="epochs", ylabel=f"validation {figure}")
    axes.legend(frameon=False)
    return sheet


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Read two runs, print what was found as JSON, write the picture."""
    words = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    words.add_argument("base", type=Path, help="a run's directory, such as the VAE's")
    words.add_argument("other", type=Path, help="another's, such as the CVAE's")
    words.add_argument("--figure", default="distortion", help="such as denoising_squared_error")
    words.add_argument("--threshold", type=float, help="default: the best that both reach")
    words.add_argument("--names", nargs=2, help="in the picture; default: the directories'")
    words.add_argument("-o", "--output", type=Path, help="a picture; default: none")
    given = words.parse_args(arguments)
    names = given.names or [given.base.name, given.other.name]
    if names[0] == names[1]:
        words.error("both runs have the same name; use --names")
    runs = dict(zip(names, (given.base, given.other), strict=True))
    curves = {name: curve_of(run, given.figure) for name, run in runs.items()}
    found = compare(curves, given.threshold)
    if given.output is not None:
        draw(curves, found, given.figure).savefig(given.output)
    print(json.dumps(found, indent=2))
    return found


if __name__ == "__main__":
    main()
