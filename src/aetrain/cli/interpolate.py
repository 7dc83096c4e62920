"""`ae interpolate`: from one example to another."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = """\b
A and B are images, or FILE:N and SPLIT:N for row N of a file or of the run's own data.
Codes go the shortest way in their space: a line, a great circle or a geodesic. The picture shows
below them the same shares of the two examples' own values. Where a conditional model is told no
--condition, its conditions go from the label of A to that of B, in a line.
\b
Examples
  ae interpolate last test:0 test:1
  ae interpolate RUN smile.png frown.png -n 20 -o way/
  ae interpolate RUN test:0 test:1 --condition 3     both written as a three, on the way too
"""


@click.command(epilog=EPILOG)
@options.run
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@options.count("Steps, both ends included.", 10, minimum=2)
@options.condition
@options.scaled
@options.seed
@options.data
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_interpolate.png")
@options.model
def interpolate(
    run: Path,
    a: str,
    b: str,
    number: int,
    condition: str | None,
    scaled: bool,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Decode the codes on the way from example A to example B."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        import torch

        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import decoded, deliver, place, tell
        from aetrain.cli.given import given
        from aetrain.cli.sink import write_figure
        from aetrain.evaluation.paths import between
        from aetrain.evaluation.paths import path as way
        from aetrain.figures.curves import curves
        from aetrain.figures.rows import named_rows
        from aetrain.figures.saved import is_picture
        from aetrain.figures.tiles import is_image

        path, trained = place(output, found, "interpolate"), found.trained
        under = Conditions(found, condition)
        ends = [given([w], found, seed=seed, scaled=scaled, places=places) for w in (a, b)]
        blocks = [end.only() for end in ends]
        x = torch.cat([block.x for block in blocks])
        each = [under.of(1, block.y, end.classes) for block, end in zip(blocks, ends, strict=True)]
        known = [c for c in each if c is not None]
        c = torch.cat(known) if len(known) == 2 else None
        t = torch.linspace(0, 1, number, device=x.device, dtype=x.dtype)
        with torch.no_grad(), trained.model.under(c, 2):
            q = trained.posterior(x)
            z = way(q, q.mean[0], q.mean[1], t)
        made = torch.cat(list(decoded(trained, z, None if c is None else between(c, t))))
        title = f"from {Path(a).name} to {Path(b).name}"
        if is_picture(path):
            mixed, ours = {"values, mixed": between(x, t).cpu()}, {"codes, decoded": made.cpu()}
            shares = [f"{share:.0%}" for share in t.tolist()]
            figure = (
                named_rows({**ours, **mixed}, title=title, columns=shares)
                if is_image(trained.event)
                else curves({**mixed, **ours}, title=title)
            )
            write_figure(path, figure)
        else:
            deliver(path, [made], number, found, title=title, scaled=scaled)
    tell(as_json, path, steps=number)
