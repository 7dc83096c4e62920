"""Train six models at one budget, and print one table: sharp or blurred, all classes or some.

    python scripts/games_table.py --train games
    python scripts/games_table.py --train games -- dataset.root=/data trainer.max_epochs=6

A classifier (experiment=classifier_mnist) goes to games/classifier and each of MODELS
(experiment=games_mnist) to games/<model>, for the same number of batches. What has ended already is
not trained again, and what was stopped goes on. Overrides after -- are for all six; those of
`dataset` are the classifier's too. The same table of other runs, such as a sweep's:

    python scripts/games_table.py SWEEP --classifier RUN

Samples are means of p(x|z), as many as there are test examples or -n. Precision, recall, density,
coverage, the Fréchet distance and classes are in the classifier's last hidden layer, sharpness is
the variance of the Laplacian over that of the test images; `ae evaluate -m samples` says more.
Distortion and rate, in nats, are the test's of models that encode: without a rate codes are
ignored, however good the samples. The first row are as many training images in the place of
samples: the best there is. All figures are kept in each run's evaluation.json, and a row of samples
of each model in games.png.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

import aetrain
from aetrain.cli.evaluate import keep, weights_of
from aetrain.cli.opened import Opened, opened
from aetrain.cli.runs import get
from aetrain.cli.shown import number, watch
from aetrain.comparison.facts import facts_of
from aetrain.config.allowlist import walk
from aetrain.config.check import check_early
from aetrain.config.command import check_overrides, explained
from aetrain.config.compose import compose
from aetrain.data_of import chosen_rows
from aetrain.errors import Interrupted, UserError
from aetrain.evaluation.measures import measured
from aetrain.evaluation.samples.features import Features, codes_of
from aetrain.evaluation.samples.of_model import compared
from aetrain.evaluation.subject import Subject
from aetrain.figures.rows import named_rows
from aetrain.resume import PLACES
from aetrain.run import Run
from aetrain.runs import all_runs

MODELS: Mapping[str, Sequence[str]] = {
    "vae": (),
    "gan": ("adversary.r1=10",),  # without it most classes are lost, as the referee warns
    "vaegan": ("adversary.r1=10",),
    "ebgan": (),
    "began": (),
    "aae": (),
}
"""The models that are trained, and what steadies each: options that not all of them have."""

COLUMNS = ("sharpness", "precision", "recall", "density", "coverage", "modes_found", "modes_kl")
COLUMNS += ("confidence", "frechet")
OF_CODES = ("distortion", "rate")
"""Figures of a run's own test, which models without an encoder have not."""
OWN = {"run.dir", "head.classes"}
"""Keys for which a run keeps a value of its own; as for what is auto, what that came to."""
SHOWN = 12
"""Samples of each model in the picture."""


def trained(directory: Path, classifier: Path | None, more: Sequence[str]) -> list[Path]:
    """Train what has not been trained; return the directories, a trained classifier's the last.

    Arguments:
        directory: where the runs go.
        classifier: a run of one that is there; None to train one.
        more: overrides for all models.

    Raises:
        UserError: where an override is wrong, or a run that is there has other settings.
    """
    jobs = {
        directory / model: ["experiment=games_mnist", f"model={model}", *own, *more]
        for model, own in MODELS.items()
    }
    if classifier is None:
        of_data = [o for o in more if o.lstrip("+~").startswith(("dataset=", "dataset."))]
        jobs[directory / "classifier"] = ["experiment=classifier_mnist", *of_data]
    for path, overrides in jobs.items():  # all of them, before much time is spent on the first
        require_same(path, overrides)
    for path, overrides in jobs.items():
        if (path / "results.json").is_file():
            print(f"{path}: trained already")
        else:
            aetrain.train([f"resume={path}"] if path.exists() else [*overrides, f"run.dir={path}"])
    return list(jobs)


def require_same(path: Path, overrides: Sequence[str]) -> None:
    """Raise UserError for wrong overrides, or where there is a run whose settings are others."""
    check_overrides(overrides)
    with explained(overrides):
        wanted = dict(walk(check_early(compose(overrides).cfg, overrides)))
    if not path.exists():
        return
    had = dict(walk(yaml.safe_load((Run.open(path).path / "config.yaml").read_text())))
    for key, value in wanted.items():
        own = key in OWN or key.split(".")[-1] in PLACES or value == "auto"
        if key in had and had[key] != value and not (own or isinstance(value, dict)):
            raise UserError(
                f"{path}: a run of {key}={had[key]}, and not {value}; remove it, or choose another"
                " directory with --train"
            )


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


def row_of(name: str, figures: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return a line of the table; ± is a standard error.

    Arguments:
        name: of the line.
        figures: of samples.
        facts: of the run.
    """
    cells = []
    for column in COLUMNS:
        error = figures.get(f"{column}_se")
        more = f" ± {number(error)}" if error is not None and error == error else ""
        cells.append(number(figures[column]) + more)
    own = [facts.get(f"test/{column}") for column in OF_CODES]
    return [name, *cells, *map(number, [*own, facts.get("time/fit_s")])]


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *rows))


def table_of(
    paths: Iterable[Path], classifier: Path, places: Sequence[str], most: int | None
) -> tuple[list[list[str]], dict[str, Tensor]]:
    """Judge runs; return a line for each, after that of training images, and samples of each.

    Arguments:
        paths: the runs' directories.
        classifier: run of the one whose features and classes are used.
        places: of the data, KEY=VALUE.
        most: test examples, and samples of each; None: all.
    """
    features = codes_of(classifier.name, aetrain.load(classifier).model)
    table: list[list[str]] = []
    pictures: dict[str, Tensor] = {}
    for path in paths:
        facts = facts_of(path)
        name = str(get(facts, "model"))
        with opened(path, "cpu", ()) as run:
            subject = judged(run, places, features, most)
            if not table:
                best = list(training_images(subject))
                table.append(row_of("training images", compared(subject, best), {}))
                pictures["training images"] = torch.cat(best)[:SHOWN]
            figures = measured(subject, ["samples"])
            of = weights_of(run.trained.model)
            pictures[name] = run.trained.sample(SHOWN)
        own = {f"test/{k}": v for k, v in figures.items()}
        keep(path, own, *of)
        table.append(row_of(name, figures, facts))
    return table, pictures


def runs_of(given: argparse.Namespace, more: Sequence[str]) -> tuple[list[Path], Path]:
    """Return the runs that are to be judged, trained where that is asked for, and the judge."""
    if given.train is not None:
        *paths, last = trained(given.train, given.classifier, more)
        return (paths, last) if given.classifier is None else ([*paths, last], given.classifier)
    judge = given.classifier.resolve()
    paths = [path for path in all_runs(given.sweep) if path.resolve() != judge]
    if not paths:
        raise UserError(f"{given.sweep}: no run there; use the directory of a sweep")
    return paths, given.classifier


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """Return the options, and the overrides after --."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [options] (SWEEP --classifier RUN | --train DIR [-- KEY=VALUE ...])",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sweep", type=Path, nargs="?", help="directory of runs that have ended")
    parser.add_argument("--train", type=Path, metavar="DIR", help="train all in this directory")
    parser.add_argument(
        "--classifier", type=Path, metavar="RUN", help="of a classifier on the same data"
    )
    parser.add_argument("-n", type=int, help="test examples, and samples of each  [all]")
    parser.add_argument("-d", "--dataset", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", type=Path, help="of the picture  [DIR/games.png]")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    given, more = parser.parse_args(words[:end]), words[end + 1 :]
    if (given.sweep is None) == (given.train is None):
        parser.error("give either a directory of runs or --train DIR")
    if given.sweep is not None and (given.classifier is None or more):
        parser.error("runs that have ended need --classifier RUN, and take no overrides")
    return given, more


def main() -> None:
    """Train where that is asked for, judge the runs, print their table and draw their samples."""
    given, more = arguments()
    try:
        paths, judge = runs_of(given, more)
        table, pictures = table_of(paths, judge, given.dataset, given.n)
    except UserError as error:
        raise SystemExit(str(error)) from None
    except Interrupted as stop:
        raise SystemExit(128 + stop.signum) from None
    print(markdown(["model", *COLUMNS, *OF_CODES, "seconds"], table))
    output = given.output or (given.train or given.sweep) / "games.png"
    named_rows(pictures, title="samples").savefig(output)
    print(output)


if __name__ == "__main__":
    main()
