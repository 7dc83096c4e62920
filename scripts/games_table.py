"""Print one table of a sweep's models, by their samples: sharp or blurred, all classes or some.

    aetrain experiment=classifier_mnist run.dir=classifier
    aetrain -m experiment=games_mnist hydra.sweep.dir=games
    python scripts/games_table.py games --classifier classifier

Samples are means of p(x|z), as many as there are test examples or -n. Precision, recall, density,
coverage, the Fréchet distance and classes are in the classifier's last hidden layer, sharpness is
the variance of the Laplacian over that of the test images; `ae evaluate -m samples` says more. The
first row are as many training images in the place of samples: the best there is. All figures are
kept in each run's evaluation.json, and a row of samples of each model in SWEEP/games.png.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import aetrain
from aetrain.cli.evaluate import FILE, keep
from aetrain.cli.opened import Opened, all_runs, opened
from aetrain.cli.runs import facts_of, get
from aetrain.cli.shown import number, print_table, watch
from aetrain.data_of import chosen_rows
from aetrain.evaluation.samples.features import Features, codes_of
from aetrain.evaluation.samples.of_model import compared, of_samples
from aetrain.evaluation.subject import Subject
from aetrain.figures.rows import named_rows

COLUMNS = ("sharpness", "precision", "recall", "density", "coverage", "modes_found", "modes_kl")
COLUMNS += ("confidence", "frechet")
SHOWN = 12
"""Samples of each model in the picture."""


def judged(run: Opened, places: Sequence[str], features: Features, most: int | None) -> Subject:
    """Return a run and its test examples."""
    return Subject(
        run.trained.model, run.data(places), examples=most, features=features,
        watch=watch(run.name),
    )  # fmt: skip


def training_images(subject: Subject) -> Iterator[Tensor]:
    """Yield as many training examples as are judged, at random."""
    rows = chosen_rows(subject.data, "train", len(subject.rows), subject.seed)
    for batch in subject.blocks("train", rows):
        yield batch["x"]


def row_of(name: str, figures: dict[str, Any], seconds: Any) -> list[str]:
    """Return a line of the table; ± is a standard error."""
    cells = []
    for column in COLUMNS:
        error = figures.get(f"{column}_se")
        more = f" ± {number(error)}" if error is not None and error == error else ""
        cells.append(number(figures[column]) + more)
    return [name, *cells, number(seconds)]


def main() -> None:
    """Judge all runs under a directory; print a table and draw their samples."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", type=Path)
    parser.add_argument("--classifier", required=True, help="run of a classifier on the same data")
    parser.add_argument("-n", type=int, help="test examples, and samples of each  [all]")
    parser.add_argument("-d", "--dataset", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", type=Path, help="of the picture  [SWEEP/games.png]")
    given = parser.parse_args()
    features = codes_of(Path(given.classifier).name, aetrain.load(given.classifier).model)
    table: list[list[str]] = []
    pictures: dict[str, Tensor] = {}
    for path in all_runs(given.sweep):
        facts = facts_of(path)
        name = str(get(facts, "model"))
        with opened(path, "cpu", ()) as run:
            subject = judged(run, given.dataset, features, given.n)
            if not table:
                best = list(training_images(subject))
                table.append(row_of("training images", compared(subject, best), None))
                pictures["training images"] = torch.cat(best)[:SHOWN]
            figures = of_samples(subject)
            pictures[name] = run.trained.sample(SHOWN)
        keep(path / FILE, {f"test/{k}": v for k, v in figures.items()})
        table.append(row_of(name, figures, get(facts, "fit_s")))
    if not table:
        raise SystemExit(f"{given.sweep}: no run there; use the directory of a sweep")
    print_table(["model", *COLUMNS, "seconds"], table)
    output = given.output or given.sweep / "games.png"
    named_rows(pictures, title="samples").savefig(output)
    print(output)


if __name__ == "__main__":
    main()
