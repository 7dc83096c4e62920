"""`ae encode`: codes of examples."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = f"""\b
{options.DATA}
An .npz holds z (N, *latent) and, where there are labels, y (N,) and the names of the classes.
\b
Examples
  ae encode last test -o codes.npz
  ae encode RUN photos.zip more.png -o codes.csv
"""


@click.command(epilog=EPILOG)
@options.run
@options.words("data")
@click.option("--draw", is_flag=True, help="Draw z from q(z|x), instead of taking its mean.")
@options.scaled
@options.label
@options.condition
@options.seed
@options.data
@options.as_json
@options.output("An .npz, .npy or .csv file.", "codes.npz")
@options.model
def encode(
    run: Path,
    data: tuple[str, ...],
    draw: bool,
    scaled: bool,
    label: str | None,
    condition: str | None,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Write the codes of examples."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.coding import codes_of
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import tell
        from aetrain.cli.given import given
        from aetrain.cli.sink import WRITERS, check_sink, write_numbers

        path = output or Path("codes.npz")
        check_sink(path, WRITERS, folder=False)
        examples = given(data, found, seed=seed, scaled=scaled, label=label, places=places)
        under = Conditions(found, condition)
        write_numbers(path, codes_of(found.trained, examples, under, draw=draw, seed=seed))
    tell(as_json, path, codes=len(examples))
