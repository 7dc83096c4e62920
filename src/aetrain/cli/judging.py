"""What `ae evaluate` measures with: its options, and the subject that they describe."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aetrain.cli.options import F
from aetrain.cli.shown import watch
from aetrain.errors import UserError

if TYPE_CHECKING:
    from aetrain.cli.opened import Opened
    from aetrain.evaluation.others import Others
    from aetrain.evaluation.samples.features import Features
    from aetrain.evaluation.subject import Subject
    from aetrain.player import Batch

PIXELS = "pixels"


def judging(function: F) -> F:
    """Add the options of single measures."""
    positive = click.IntRange(min=1)
    for option in reversed(
        [
            click.option("--temperatures", type=positive, default=200, show_default=True,
                         help="Of ais: steps from p(z) to p(x, z)."),
            click.option("--chains", type=positive, default=16, show_default=True,
                         help="Of ais, for each example."),
            click.option("--draws", type=click.IntRange(min=20),
                         help="Samples to judge.  [default: as many as examples; parzen: 10000]"),
            click.option("--draw", is_flag=True,
                         help="Samples are draws of p(x|z), not its means."),
            click.option("--features", default=PIXELS, show_default=True, metavar="RUN|pixels",
                         help="Compare samples in pixels, or by the codes of another run, such as a"
                              " classifier (experiment=classifier_mnist)."),
            click.option("--against", multiple=True, type=click.Path(), metavar="FILE",
                         help="Of anomaly: examples of another data set, as ae encode takes them."),
        ]
    ):  # fmt: skip
        function = option(function)
    return function


def subject_of(
    run: "Opened",
    places: Sequence[str],
    split: str,
    allow: Sequence[str],
    *,
    number: int | None,
    samples: int,
    codes: int,
    seed: int,
    temperatures: int,
    chains: int,
    draws: int | None,
    draw: bool,
    features: str,
    against: Sequence[str],
) -> "Subject":
    """Return a run and its data as the options say that they are to be judged."""
    from aetrain.evaluation.evidence.of_model import Chains
    from aetrain.evaluation.subject import Subject

    return Subject(
        run.trained.model,
        run.data(places),
        split,
        number,
        samples,
        codes,
        seed,
        watch(run.name),
        draws=draws,
        mean=not draw,
        annealing=Chains(temperatures, chains),
        features=_features(features, run, allow),
        others=_others(against, run, seed, places) if against else None,
    )


def _features(name: str, run: "Opened", allow: Sequence[str]) -> "Features":
    """Return pixels, or the codes of another run.

    Raises:
        UserError: where there is no such run, or it is of other examples.
    """
    from aetrain.cli.opened import located
    from aetrain.evaluation.samples.features import Pixels, codes_of
    from aetrain.trained import load

    if name == PIXELS:
        return Pixels()
    path = located(Path(name))
    try:
        found = load(path, allow=allow)
    except UserError as error:
        raise UserError(f"--features {name}: {error}") from error
    if found.event != run.trained.event or not found.model.encodes:
        what = "has no encoder" if found.event == run.trained.event else (
            f"takes examples of the shape {tuple(found.event)}, not {tuple(run.trained.event)}"
        )  # fmt: skip
        raise UserError(f"--features {name}: {what}; use a run on the same data, or pixels")
    return codes_of(path.name, found.to(run.trained.model.device).model)


def _others(words: Sequence[str], run: "Opened", seed: int, places: Sequence[str]) -> "Others":
    from aetrain.cli.given import given
    from aetrain.evaluation.others import Others

    examples = given(words, run, seed=seed, places=places)
    device = run.trained.model.device

    def batches() -> Iterator["Batch"]:
        for x, y in examples.blocks():
            yield {"x": x} if y is None else {"x": x, "y": y.to(device)}

    return Others(" ".join(words), batches)
