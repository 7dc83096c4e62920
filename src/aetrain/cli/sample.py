"""`ae sample`: what a model draws when nothing is given."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aetrain.cli import options

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder

EPILOG = """\b
Examples
  ae sample last -n 100 -o samples.png
  ae sample RUN -n 16 --condition 3         of one class, where the model is conditional
  ae sample RUN -n 50000 -o samples/        one PNG each
  ae sample RUN -n 1000000 -o samples.npy   in the units of the training's files
"""


@click.command(epilog=EPILOG)
@options.run
@options.count("Samples.", 64)
@click.option("--draw", is_flag=True, help="Draw x from p(x|z) too, instead of taking its mean.")
@options.chosen_condition
@options.scaled
@options.seed
@options.as_json
@options.output(options.EXAMPLES, "RUN/figures/ae_sample.png")
@options.model
def sample(
    run: Path,
    number: int,
    draw: bool,
    condition: str | None,
    scaled: bool,
    seed: int,
    as_json: bool,
    output: Path | None,
    device: str,
    allow: tuple[str, ...],
) -> None:
    """Draw codes, from the run's sampler where it has one, and decode them."""
    from aetrain.cli.opened import opened

    with opened(run, device, allow) as found:
        from aetrain.cli.conditions import Conditions
        from aetrain.cli.deliver import deliver, place, tell

        path = place(output, found, "sample")
        trained = found.trained
        under = Conditions(found, condition)
        chosen = under.chosen
        blocks = trained.samples(number, seed=seed, mean=not draw, condition=chosen)
        first = next(blocks)  # what the model refuses is said before a file is begun
        blocks = chain([first], blocks)
        what = "draws" if draw else "means"
        title = f"{number} {what} of p(x|z), z ~ {_source(trained.model)}"
        title += "" if chosen is None else f", class {under.name(chosen)}"
        deliver(path, blocks, number, found, title=title, scaled=scaled)
    tell(as_json, path, samples=number)


def _source(model: "Autoencoder") -> str:
    """Return what codes are drawn from."""
    from aetrain.errors import choice

    return "p(z)" if model.sampler is None else choice(model.sampler)
