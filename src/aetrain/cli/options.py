"""Arguments and options that verbs share, so that one word means one thing."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, final

import click

F = TypeVar("F", bound=Callable[..., Any])

DATA = """\
DATA is a file (.npy, .npz, .csv, .parquet), a folder or .zip of images, an image, or train,
valid, test for the run's own data; with :N behind it, its row N alone."""
"""What may be given as data, in the words of each verb's help."""

EXAMPLES = "A .png, .pdf, .svg, .npz, .npy or .csv file, or a folder."
"""Where examples may be written to."""

PLACE = click.Path(path_type=Path)


@final
class Finite(click.FloatRange):
    """A number in a range, which a range of click takes inf and nan for as well."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fail where there is none."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found


run = click.argument("run", type=PLACE)
runs = click.argument("runs", type=PLACE, nargs=-1, required=True)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all draws."
)


def output(what: str, default: str) -> Callable[[F], F]:
    """Return the option -o; `default` says where the output goes without it."""
    return click.option(
        "-o", "--output", type=PLACE, help=f"{what} [default: {default}]", metavar="FILE"
    )


def count(what: str, default: int | None, minimum: int = 1) -> Callable[[F], F]:
    """Return the option -n."""
    return click.option(
        "-n",
        "--number",
        type=click.IntRange(min=minimum),
        default=default,
        show_default=default is not None,
        help=what,
    )


def model(function: F) -> F:
    """Add how a model is opened: its device, and what its configuration may name."""
    function = click.option(
        "--allow",
        multiple=True,
        metavar="PACKAGE",
        help="A package of yours whose classes the run may name.",
    )(function)
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default="auto",
        show_default=True,
        help="Where to compute.",
    )(function)


def data(function: F) -> F:
    """Add where a run's data are now, where they have moved."""
    return click.option(
        "-d",
        "--dataset",
        "places",
        multiple=True,
        metavar="KEY=VALUE",
        help="Where the data are now: root=DIR, path=FILE, download=false, workers=N.",
    )(function)


split = click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    default="test",
    show_default=True,
    help="Part of the data.",
)

scaled = click.option(
    "--scaled",
    is_flag=True,
    help="Numbers in files are as the model sees them, not in the units of the training's files.",
)

condition = click.option(
    "--condition",
    metavar="CLASS",
    help="Of a conditional model: name or number of a class.  [default: the examples' labels]",
)

chosen_condition = click.option(
    "--condition", metavar="CLASS", help="Of a conditional model: name or number of a class."
)

label = click.option("--label", metavar="NAME", help="Column or array of labels in the files.")


def words(name: str) -> Callable[[F], F]:
    """Return the argument for files and splits, one or more; paths are completed."""
    return click.argument(name, nargs=-1, required=True, type=click.Path())
