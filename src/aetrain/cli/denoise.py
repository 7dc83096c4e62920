"""`ae denoise`: noisy examples made clean."""

from pathlib import Path

import click

from aetrain.cli import options

EPILOG = """\b
FILES are noisy: images, a folder or .zip of them, .npy, .npz, .csv or .parquet, which are encoded
and decoded. With --clean, the same examples without their noise in the same order, the squared
errors of both are told.
\b
Examples
  ae denoise last scan.png -o clean.png
  ae denoise RUN noisy.zip --clean originals.zip -o clean/
"""


@click.command(epilog=EPILOG)
@options.run
@options.words("files")
@click.option("--clean", type=click.Path(), multiple=True, metavar="FILE", help="Without noise.")
@options.scaled
@options.seed
@options.data
@options.as_json
@options.output("A .png, .npz, .npy or .csv file, or a folder.", "RUN/figures/ae_denoise.png")
@options.model
def denoise(
    run: Path,
    files: tuple[str, ...],
    clean: tuple[str, ...],
    scaled: bool,
    seed: int,
    places: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Take the noise out of examples, best with a model that was trained to do so."""
    from aetrain.cli.opened import opened
    from aetrain.errors import UserError

    with opened(run, device, allow) as found:
        from aetrain.cli.deliver import place, tell
        from aetrain.cli.given import given
        from aetrain.cli.restoring import restore, with_itself

        path = place(output, found, "denoise")
        noisy = given(files, found, seed=seed, scaled=scaled, places=places)
        pairs = with_itself(noisy.examples())
        if clean:
            originals = given(clean, found, seed=seed, scaled=scaled, places=places)
            if len(originals) != len(noisy):
                raise UserError(
                    f"--clean {' '.join(clean)}: holds {len(originals)} examples for {len(noisy)}"
                    " noisy ones; use one for each"
                )
            pairs = zip(noisy.examples(), originals.examples())
        names = ("noisy", "denoised")
        errors = restore(path, found, pairs, len(noisy), names=names, scaled=scaled)
    told = errors.both() if clean else {}
    tell(as_json, path, examples=errors.examples, **told)
