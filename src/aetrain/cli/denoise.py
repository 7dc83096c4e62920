"""`ae denoise`: noisy examples made clean."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aetrain.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from aetrain.cli.given import Block
    from aetrain.cli.opened import Opened
    from aetrain.cli.restoring import Draw

EPILOG = """\b
FILES are noisy: images, a folder or .zip of them, .npy, .npz, .csv or .parquet, or train, valid,
test, also with :N behind. With --clean, the same examples without their noise in the same order,
or with --noise, which puts noise on FILES that have none, the squared errors before and after are
told.
\b
Examples
  ae denoise last scan.png -o clean.png
  ae denoise RUN noisy.zip --clean originals.zip -o clean/
  ae denoise RUN test --noise masking --level 0.5
"""

NOISES = ("masking", "gaussian", "salt_and_pepper", "erase", "speckle")
"""The choices of the group corruption, which a help text must not look for on the disk."""


@click.command(epilog=EPILOG)
@options.run
@options.words("files")
@click.option("--clean", type=click.Path(), multiple=True, metavar="FILE", help="Without noise.")
@click.option("--noise", type=click.Choice(NOISES), help="Put on FILES first.")
@click.option("--level", type=options.Finite(min=0), help="Of the noise.  [default: 0.25]")
@options.condition
@options.scaled
@options.seed
@options.data
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_denoise.png")
@options.model
def denoise(
    run: Path,
    files: tuple[str, ...],
    clean: tuple[str, ...],
    noise: str | None,
    level: float | None,
    condition: str | None,
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

    if noise and clean:
        raise UserError("--noise and --clean: both say what is clean; use one of them")
    if level is not None and not noise:
        raise UserError(f"--level {level:g}: there is no noise that it is of; use --noise too")
    with opened(run, device, allow) as found:
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import place, tell
        from aetrain.cli.given import given
        from aetrain.cli.restoring import restore

        path = place(output, found, "denoise")
        x = given(files, found, seed=seed, scaled=scaled, places=places)
        wanted = given(clean, found, seed=seed, scaled=scaled, places=places) if clean else None
        if wanted is not None and len(wanted) != len(x):
            raise UserError(
                f"--clean {' '.join(clean)}: holds {len(wanted)} examples for {len(x)} noisy ones;"
                " use one for each"
            )
        clean_blocks = None if wanted is None else (block.x for block in wanted.batches())
        pairs = _pairs(found, x.batches(), clean_blocks, noise, level, seed)
        draw, under = _drawing(known=bool(noise or clean)), Conditions(found, condition)
        errors = restore(path, found, pairs, x, under, draw=draw, scaled=scaled)
    told = errors.both() if noise or clean else {}
    tell(as_json, path, examples=errors.examples, **told)


def _pairs(
    run: "Opened",
    given: "Iterable[Block]",
    wanted: "Iterable[Tensor] | None",
    noise: str | None,
    level: float | None,
    seed: int,
) -> "Iterable[tuple[Block, Tensor]]":
    """Return what the model is given beside what is wanted of it."""
    from aetrain.cli.restoring import with_itself, with_noise

    if wanted is not None:
        return zip(given, wanted)
    if noise is None:
        return with_itself(given)
    from aetrain.build import build_corruption
    from aetrain.config.chosen import chosen
    from aetrain.data_of import transform_of

    node = chosen("corruption", noise, {} if level is None else {"level": level})
    corruption = build_corruption(node, transform_of(run.trained).values)
    assert corruption is not None
    return with_noise(given, corruption, seed)


def _drawing(*, known: bool) -> "Draw":
    """Return how three tensors are drawn: all, or without the clean one where it is not known."""
    from aetrain.figures.denoising import denoising
    from aetrain.figures.reconstructions import reconstructions

    if known:
        return lambda given, wanted, found, title: denoising(wanted, given, found, title=title)
    names = ("noisy", "denoised")
    return lambda given, _, found, title: reconstructions(given, found, title=title, names=names)
