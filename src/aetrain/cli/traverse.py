"""`ae traverse`: what each number of a code does."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = """\b
Each row moves one number of the code, from --span standard deviations below its mean over 1,000
training examples to as many above; all others keep those of the example --at, or their mean. The
rows are those of the ten numbers that vary most, the first most of all. A conditional model
decodes under --condition, or the label of --at.
\b
Examples
  ae traverse last
  ae traverse RUN --at face.png --dim 3 --dim 7 -n 15
"""

EXAMPLES = 1000


def deviations(steps: float) -> str:
    """Return how many standard deviations from the mean, such as −1.5σ."""
    return f"{steps:+.2g}σ".replace("-", "−") if steps else "0"


@click.command(epilog=EPILOG)
@options.run
@click.option("--at", metavar="EXAMPLE", help="An image, FILE:N or SPLIT:N.  [default: the mean]")
@click.option(
    "--dim",
    "dims",
    type=click.IntRange(min=0),
    multiple=True,
    help="Which number, counted from 0; may be given several times.  [default: ten, see below]",
)
@options.count("Steps in a row.", 9, minimum=2)
@click.option(
    "--span",
    type=options.Finite(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="How far each goes to both sides of its mean, in standard deviations.",
)
@options.condition
@options.scaled
@options.seed
@options.data
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_traverse.png")
@options.model
def traverse(
    run: Path,
    at: str | None,
    dims: tuple[int, ...],
    number: int,
    span: float,
    condition: str | None,
    scaled: bool,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Decode codes in which one number moves and all others are held."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        import torch

        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import decoded, deliver, place, tell
        from aetrain.cli.given import given
        from aetrain.cli.sink import write_figure
        from aetrain.data_of import chosen_rows
        from aetrain.evaluation.codes import encoded
        from aetrain.evaluation.traversal import traversal
        from aetrain.figures.coordinate import coordinate
        from aetrain.figures.curves import curves
        from aetrain.figures.rows import named_rows
        from aetrain.figures.saved import is_picture
        from aetrain.figures.tiles import is_image

        path, trained = place(output, found, "traverse"), found.trained
        under, base = Conditions(found, condition), None
        c = under.of(1)
        if at is not None:
            example = given([at], found, seed=seed, scaled=scaled, places=places)
            x, y = example.only()
            c = under.of(1, y, example.classes)
            base = trained.encode(x, condition=c)[0].flatten().float().cpu()
        data = found.data(places)
        rows = chosen_rows(data, "train", EXAMPLES, seed)
        codes = encoded(trained.model, data, "train", rows, trained.model.device).z
        walk = traversal(trained.model, codes, base=base, dims=dims, steps=number, span=span)
        z = walk.z.flatten(0, 1)
        each = None if c is None else c.expand(len(z), *c.shape[1:])
        x = torch.cat(list(decoded(trained, z, each))).cpu().unflatten(0, walk.z.shape[:2])
        title = f"each number of the code, ±{span:g} standard deviations"
        if not is_picture(path):
            flat = x.flatten(0, 1)
            deliver(path, [flat], len(flat), found, title=title, scaled=scaled)
        elif is_image(trained.event):
            named = {coordinate(d): row for d, row in zip(walk.dims, x, strict=True)}
            steps = [deviations(s) for s in torch.linspace(-span, span, number).tolist()]
            write_figure(path, named_rows(named, title=title, columns=steps))
        else:
            ends = {deviations(-span): x[:, 0], deviations(span): x[:, -1]}
            write_figure(path, curves(ends, title=", ".join(map(coordinate, walk.dims))))
    tell(as_json, path, dims=walk.dims)
