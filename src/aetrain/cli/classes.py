"""`ae classes`: one style under every class, as digits in one handwriting."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aetrain.cli import options

if TYPE_CHECKING:
    from torch import Tensor

    from aetrain.cli.opened import Opened

STYLES = 8
MOST_ROWS = 32
EXAMPLES = 10_000

EPILOG = """\b
A row has one style and changes the class, a column has one class and changes the style. Styles
are draws of the prior, or with --at those of examples, which are encoded under their own labels
(or --condition) and stand to the left. A picture shows the first 32; an .npz, .npy or .csv, or a
folder, has all, row after row.
With --judge: `recognised`, the share whose class is that of the most of its 5 nearest neighbours
among at most 10,000 labelled training examples, and `style_kept`, how far the codes of a row are
alike: 1 where they are the same, 0 where no more than those of different rows (intraclass
correlation).
\b
Examples
  ae classes last -n 6 -o sheet.png
  ae classes RUN --at test:3 --at four.png --condition 4 -o analogies.png
  ae classes RUN --class cat --class dog -n 20
"""


@click.command(epilog=EPILOG)
@options.run
@click.option("--at", multiple=True, metavar="EXAMPLE", help="An image, a file, FILE:N or SPLIT:N.")
@click.option("--class", "only", multiple=True, metavar="CLASS", help="A column.  [default: all]")
@options.count("Styles: rows.  [default: 8; with --at all]", None)
@click.option("--judge", is_flag=True, help="Tell how far classes and styles are what they are.")
@options.condition
@options.scaled
@options.label
@options.seed
@options.data
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_classes.png")
@options.model
def classes(
    run: Path,
    at: tuple[str, ...],
    only: tuple[str, ...],
    number: int | None,
    judge: bool,
    condition: str | None,
    scaled: bool,
    label: str | None,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Decode the same styles under each class."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import deliver, place, tell
        from aetrain.cli.given import given
        from aetrain.cli.sink import write_figure
        from aetrain.evaluation.styles import changed_classes, drawn_styles
        from aetrain.figures.classes import classes as draw
        from aetrain.figures.saved import is_picture

        path, under = place(output, found, "classes"), Conditions(found, condition)
        model, columns, examples = found.trained.model, under.several(only), None
        if at:
            data = given(at, found, seed=seed, scaled=scaled, label=label, places=places)
            examples, y = data.first(number or len(data))
            own = under.of(len(examples), y, data.classes)
            x = changed_classes(model, examples, own, columns)
        else:
            x = drawn_styles(model, number or STYLES, columns, seed)
        told = _figures(found, x, columns, places) if judge else {}
        names, title = [under.name(k) for k in columns], "a style in each row"
        if is_picture(path):
            few = None if examples is None else examples[:MOST_ROWS].cpu()
            shown = x[:MOST_ROWS].cpu()
            write_figure(path, draw(shown, title=title, names=names, examples=few))
        else:
            flat = x.flatten(0, 1)
            deliver(path, [flat], len(flat), found, title=title, scaled=scaled)
    tell(as_json, path, styles=len(x), classes=names, **told)


def _figures(
    run: "Opened", x: "Tensor", classes: "Sequence[int]", places: "Sequence[str]"
) -> dict[str, float]:
    """Return how well the classes are recognised, and how far styles are kept."""
    from aetrain.data_of import chosen_rows
    from aetrain.evaluation.styles import recognised, style_kept

    model, data = run.trained.model, run.data(places)
    y = data.tables["train"].y
    assert y is not None
    known = (y >= 0).nonzero().flatten().cpu()  # few, where only few keep their labels
    rows = known[chosen_rows(known, "train", EXAMPLES)]
    blocks = list(data.blocks_of("train", rows, model.device))
    kept = {"style_kept": style_kept(model, x, classes)} if model.encodes else {}
    return {"recognised": recognised(x, classes, blocks), **kept}
