"""`ae reconstruct`: what comes out where an example goes in."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = f"""\b
{options.DATA}
A picture shows the first 16, each above its reconstruction.
\b
Examples
  ae reconstruct last test
  ae reconstruct RUN face.png other.jpg -o faces.png
  ae reconstruct RUN photos.zip -o restored/
"""


@click.command(epilog=EPILOG)
@options.run
@options.words("data")
@options.scaled
@options.label
@options.condition
@options.seed
@options.data
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_reconstruct.png")
@options.model
def reconstruct(
    run: Path,
    data: tuple[str, ...],
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
    """Encode examples and decode them again: the means of p(x|z) at the means of q(z|x)."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import place, tell
        from aetrain.cli.given import given
        from aetrain.cli.restoring import restore, with_itself
        from aetrain.figures.reconstructions import reconstructions

        path = place(output, found, "reconstruct")
        examples = given(data, found, seed=seed, scaled=scaled, label=label, places=places)
        pairs = with_itself(examples.batches())
        errors = restore(
            path,
            found,
            pairs,
            examples,
            Conditions(found, condition),
            draw=lambda x, _, restored, title: reconstructions(x, restored, title=title),
            scaled=scaled,
        )
    tell(as_json, path, examples=errors.examples, **errors.figures())
