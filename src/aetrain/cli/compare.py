"""`ae compare`: runs beside each other."""

from pathlib import Path

import click

from aetrain.cli import options
from aetrain.errors import UserError
from aetrain.figures.saved import PICTURES

STUDIES = ("limits",)
ENDS = (*PICTURES, ".csv", ".html")

EPILOG = """\b
A directory that is no run itself, such as that of a sweep, stands for all runs under it. Shown
are the choices and keys in which the runs differ, the state of runs that have not come to their
end, and the figures of results.json and evaluation.json, which ae evaluate adds to; sizes that
all share, such as steps, with -m steps or --json. Marked * is the best value of a row, where one
end is better, and every value within two standard errors of it. Values that do not compare have
neither mark nor difference, and below the table it is said why: other numbers of examples or
draws, another likelihood or condition for what is in nats, binarised data for what is in units
of x. A difference is that to the first run; its error is that of the differences example by
example, of what is in the runs' examples.npz, and else takes both as independent, which for
tests of the same examples is too much rather than too little. Errors are those of the choice of
examples: trainings with other seeds may differ by more.
\b
-o page.html stands alone, and shows samples (of one seed) and reconstructions (of the same
examples) beside each other as well.
\b
--study limits holds a plain autoencoder, the first run, against a variational one: decodes of
random codes, centring and spread of codes, evenness of class areas, walks in codes and in
pixels, noise in codes and in pixels. It writes a page that says of each claim whether the numbers
support it (limits.html in the second run's directory), and compare/ beside it for TensorBoard.
\b
Examples
  ae compare RUN1 RUN2 -m nll -m squared_error
  ae compare outputs/multirun/2026-01-31/12-00-00 -o sweep.html
  ae compare AE_RUN VAE_RUN --study limits --classifier CLASSIFIER_RUN -o limits.html
"""


@click.command(epilog=EPILOG)
@options.runs
@click.option(
    "-m",
    "--measure",
    "names",
    multiple=True,
    metavar="NAME",
    help="Show this figure alone, such as nll; may be given several times.",
)
@click.option("--study", type=click.Choice(STUDIES), help="Measure what two models can do.")
@click.option(
    "--classifier",
    type=options.PLACE,
    metavar="RUN",
    help="Of a study: a run with head=classifier, which judges decodes."
    "  [default: trees fitted to pixels]",
)
@click.option(
    "--draws",
    type=click.IntRange(min=50),
    default=2000,
    show_default=True,
    help="Of a study: random codes of each kind, and at most so many test examples.",
)
@options.count("Samples and reconstructions of each run on a page.", 12, minimum=1)
@options.seed
@options.data
@options.as_json
@options.output("A .png, .pdf, .svg, .csv or .html file.", "none; of a study, see below")
@options.model
def compare(
    runs: tuple[Path, ...],
    names: tuple[str, ...],
    study: str | None,
    classifier: Path | None,
    draws: int,
    number: int,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:  # fmt: skip
    """Show runs beside each other: what differs in their choices, and their figures."""
    from aetrain.cli.comparing import all_of, require_two
    from aetrain.cli.opened import checkpoint_of

    if output is not None:
        _check(output, (".html",) if study else ENDS)
    if study is None and classifier is not None:
        raise UserError("--classifier: judges the decodes of a study; use it with --study limits")
    if study is not None and names:
        raise UserError("--measure: a study has measures of its own; use it without --study")
    found = all_of(runs)
    require_two(found, study is not None)
    if classifier is not None:
        checkpoint_of(classifier, "--classifier")  # said at once, before torch is imported
    if study is not None:
        from aetrain.cli.limits import limits

        limits(
            found, classifier, output,
            draws=draws, seed=seed, places=places, device=device, allow=allow, as_json=as_json,
        )  # fmt: skip
        return
    from aetrain.cli.compared_files import write_comparison
    from aetrain.cli.comparing import compared, print_comparison

    comparison = compared(found, names)
    if output is not None:
        write_comparison(
            comparison, output,
            number=number, seed=seed, places=places, device=device, allow=allow,
        )  # fmt: skip
    print_comparison(comparison, as_json, output)


def _check(path: Path, ends: tuple[str, ...]) -> None:
    if path.suffix.lower() not in ends:
        raise UserError(f"-o {path}: must end in {', '.join(ends)}")
    if path.is_dir():
        raise UserError(f"-o {path}: is a folder; choose another name")
