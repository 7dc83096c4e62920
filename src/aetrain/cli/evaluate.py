"""`ae evaluate`: measures of trained models."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aetrain.cli import options
from aetrain.cli.judging import PIXELS, judging
from aetrain.cli.shown import number, of_examples, print_json, print_table
from aetrain.cli.written import write_json
from aetrain.comparison.facts import facts_of, figure_of, is_beside, joined, newer
from aetrain.evaluation.interval import COUNT
from aetrain.run import EVALUATION, KEPT, Run, find_checkpoint, kept_of, read_figures

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder

NAMES = (
    "bound",
    "nll",
    "squared_error",
    "features",
    "ais",
    "decomposition",
    "parzen",
    "samples",
    "anomaly",
    "disentanglement",
    "clusters",
)
"""The keys of `measures.MEASURES`, which must not be imported for a help text."""

TOGETHER = ("udr",)
"""Measures of several runs together."""

EPILOG = """\b
Measures, per example, in nats where nothing else is said; ± is a standard error
  bound          elbo, distortion, rate, bits_per_dim, active_units: what the model has of them
  nll            the same, and -log p(x) by importance sampling with -k draws, nll_bits_per_dim
  squared_error  of reconstructions, summed over the values of one x
  features       accuracy of a linear probe and of 5 nearest neighbours on frozen codes, fitted to
                 --codes training examples, with 95 % intervals (Wilson)
  ais            -log p(x) by annealed importance sampling with Hamiltonian moves, acceptance and
                 effective number of --chains, and ais_gap, the most it can be wrong on draws of
                 the model (bidirectional Monte Carlo); of 100 examples where -n says nothing
  decomposition  of the rate: mutual information, total correlation, KL of each dimension, with
                 q(z) of at most --codes of the examples
  parzen         log density of Parzen windows around --draws samples, bandwidth by validation
  samples        against the examples, in --features: Frechet and kernel distance, precision,
                 recall, density, coverage, copies of the training; sharpness (1: as the data);
                 by a classifier also modes_found, modes_kl, confidence
  anomaly        area under the ROC curve of -ELBO, its parts and -log p(x), --against others
  disentanglement  of factors that are known: MIG, DCI, SAP, modularity, explicitness, FactorVAE's
                 and beta-VAE's score, of all of the data (at most -n, 50000 by default)
  clusters       error of clusters whose labels are those of validation examples; how they meet
                 the classes: accuracy one to one, NMI, ARI
  udr            how far the codes of several runs agree, such as those of a sweep over seed
\b
A figure of a part of the examples says so, and takes the place of none of more examples or draws.
\b
Examples
  ae evaluate last
  ae evaluate RUN -m nll -k 5000 -n 1000
  ae evaluate RUN -m ais -n 100 --temperatures 1000
  ae evaluate RUN -m samples --features CLASSIFIER_RUN
  ae evaluate RUN -m anomaly --against fashion.npz
  ae evaluate outputs/multirun/2026-01-31/12-00-00/*/ -m udr
  ae evaluate outputs/*/* --measure features --json
"""


@click.command(epilog=EPILOG)
@options.runs
@click.option(
    "-m",
    "--measure",
    "measures",
    type=click.Choice([*NAMES, *TOGETHER]),
    metavar="NAME",
    multiple=True,
    help=f"{', '.join([*NAMES, *TOGETHER])}; may be given several times."
    "  [default: nll, and squared_error where there is one]",
)
@options.split
@options.count("Judge by at most so many examples, at random.  [default: all]", None)
@click.option(
    "-k",
    "--samples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Draws of z for log p(x); memory does not grow with them.",
)
@click.option(
    "--codes",
    type=click.IntRange(min=2),
    default=10_000,
    show_default=True,
    help="Examples for what is fitted to codes, and for q(z).",
)
@judging
@options.seed
@options.data
@options.as_json
@click.option("--save/--no-save", default=True, help=f"Keep the figures in RUN/{EVALUATION}.")
@options.output("Write all figures to a .json file as well.", "none")
@options.model
def evaluate(
    runs: tuple[Path, ...],
    measures: tuple[str, ...],
    places: tuple[str, ...],
    as_json: bool,
    save: bool,
    output: Path | None,
    **settings: Any,
) -> None:
    """Measure how good trained models are, on their own data."""
    from aetrain.cli.opened import checkpoint_of

    for path in runs:  # a wrong one is told before any is measured
        checkpoint_of(path)
    if settings["features"] != PIXELS:
        checkpoint_of(Path(settings["features"]), "--features")
    found: list[dict[str, Any]] = []
    shared = _together(runs, measures, places, **settings)
    for path, of_all in zip(runs, shared, strict=True):
        figures, directory, kept = _figures(path, measures, places, **settings)
        figures |= of_all
        found.append({"run": str(directory), **figures})
        if save and not _is_kept(path, directory):
            click.echo(f"{path}: its figures are not kept, as the run keeps others", err=True)
        elif save and (worse := keep(directory, figures, *kept)):
            click.echo(
                f"{directory.name}: not kept, as they are known of more examples or draws:"
                f" {', '.join(worse)}",
                err=True,
            )
    if output is not None:
        write_json(output, found)
    if as_json:
        print_json(found)
        return
    names = dict.fromkeys(name for row in found for name in row if not is_beside(name, row))
    heads = ["", *(Path(row["run"]).name for row in found)]
    names.pop("run")
    print_table(heads, ([name, *(_cell(row, name) for row in found)] for name in names))


def _together(
    runs: tuple[Path, ...], measures: tuple[str, ...], places: tuple[str, ...], **settings: Any
) -> list[dict[str, Any]]:
    """Return for each run its figures of measures of all runs together, where one is asked for."""
    if not set(measures) & set(TOGETHER):
        return [{} for _ in runs]
    from aetrain.cli.together import ranked

    names = ("split", "device", "allow", "number", "seed")
    return ranked(runs, places, **{name: settings[name] for name in names})


def _is_kept(path: Path, directory: Path) -> bool:
    """Return whether a run's weights are meant that it keeps, or those of no run."""
    from aetrain.cli.opened import checkpoint_of

    meant = checkpoint_of(path).resolve()
    return meant == find_checkpoint(directory).resolve()


def _figures(
    path: Path,
    measures: tuple[str, ...],
    places: tuple[str, ...],
    *,
    split: str,
    device: str,
    allow: tuple[str, ...],
    **settings: Any,
) -> tuple[dict[str, Any], Path, tuple[int, str]]:
    """Return the figures of one run, its directory, and of which weights they are."""
    from aetrain.cli.judging import subject_of
    from aetrain.cli.opened import opened

    with opened(path, device, allow) as run:
        from aetrain.evaluation.measures import measured

        subject = subject_of(run, places, split, allow, **settings)
        names = [name for name in measures if name not in TOGETHER]
        own = measured(subject, names) if names or not measures else {}
        figures = {f"{split}/{k}": v for k, v in own.items()}
        return figures, run.directory, weights_of(run.trained.model)


def weights_of(model: "Autoencoder") -> tuple[int, str]:
    """Return which weights a trained model has: the step they were kept at, and the sampler."""
    return model.position.step, model.card["choices"]["sampler"]


def keep(path: Path, figures: Mapping[str, Any], step: int, sampler: str) -> list[str]:
    """Add figures to a run's evaluation.json; return those of which better estimates are known.

    They are of fewer examples or draws than the run's own or those that were kept before, which
    stay, see `newer`. Figures of other weights are set aside.

    Arguments:
        path: the run's directory.
        figures: measured.
        step: at which the weights were kept.
        sampler: the name of what codes are drawn from.
    """
    own = dict(zip(KEPT, (step, sampler)))
    Run(path).set_aside(kept_of(own))
    known = facts_of(path)
    kept = newer(known if kept_of(known) == kept_of(own) else {}, figures)
    write_json(path / EVALUATION, {**joined(read_figures(path / EVALUATION), kept), **own})
    return [name for name in figures if name not in kept and figure_of(name, figures) == name]


def _cell(row: Mapping[str, Any], name: str) -> str:
    """Return a figure, with its standard error or its interval and the number of its examples."""
    if name not in row:
        return "-"
    told = number(row[name])
    if f"{name}_se" in row:
        told = f"{told} ± {number(row[f'{name}_se'])}"
    elif f"{name}_low" in row:
        told = f"{row[name]:.4f} [{row[f'{name}_low']:.4f}, {row[f'{name}_high']:.4f}]"
    return of_examples(told, row.get(f"{name}{COUNT}"))
