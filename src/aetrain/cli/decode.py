"""`ae decode`: examples of codes."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = """\b
CODES is an .npz with z, an .npy, or a .csv with a column for each number of a code, such as
`ae encode` writes.
\b
Examples
  ae decode last codes.npz -o decoded.png
  ae decode RUN codes.csv -o decoded.npz
"""


@click.command(epilog=EPILOG)
@options.run
@click.argument("codes", type=options.PLACE)
@click.option(
    "--condition",
    metavar="CLASS",
    help="Of a conditional model: name or number of a class.  [default: labels in an .npz]",
)
@options.scaled
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_decode.png")
@options.model
def decode(
    run: Path,
    codes: Path,
    condition: str | None,
    scaled: bool,
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Write the means of p(x|z) at given codes."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.coding import read_codes
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import decoded, deliver, place, tell

        path = place(output, found, "decode")
        z, y, classes = read_codes(codes, found.trained.latent)
        c = Conditions(found, condition).of(len(z), y, classes)
        blocks = decoded(found.trained, z, c)
        deliver(path, blocks, len(z), found, title=f"decodes of {codes.name}", scaled=scaled)
    tell(as_json, path, decoded=len(z))
