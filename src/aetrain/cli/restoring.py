"""Examples that go through a model: reconstructed, or cleaned of noise."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import final

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.cli.conditions import Conditions
from aetrain.cli.deliver import deliver
from aetrain.cli.given import BLOCK, Block, Given
from aetrain.cli.opened import Opened
from aetrain.cli.shown import watch
from aetrain.cli.sink import write_figure
from aetrain.corruptions.corruption import Corruption
from aetrain.figures.beside import MOST
from aetrain.figures.saved import is_picture
from aetrain.seeding import EVALUATE, seed_torch


@final
class Errors:
    """Mean squared errors per example, summed over the values of x, in the scaled data's units."""

    def __init__(self) -> None:
        self.examples, self.before, self.after = 0, 0.0, 0.0

    def add(self, wanted: Tensor, given: Tensor, restored: Tensor) -> None:
        """Add a block of what was wanted, given and put out, (B, *event)."""
        self.examples += len(wanted)
        self.before += (given - wanted).double().square().sum().item()
        self.after += (restored - wanted).double().square().sum().item()

    def figures(self) -> dict[str, float]:
        """Return the mean squared error of what was put out."""
        return {"squared_error": self.after / self.examples}

    def both(self) -> dict[str, float]:
        """Return those of what was given, and of what was put out."""
        return {"squared_error_before": self.before / self.examples, **self.figures()}


Draw = Callable[[Tensor, Tensor, Tensor, str], Figure]
"""What was given, wanted and put out, (N, *event), and a title -> a picture."""


def restore(
    path: Path,
    run: Opened,
    pairs: Iterable[tuple[Block, Tensor]],
    examples: Given,
    conditions: Conditions,
    *,
    draw: Draw,
    scaled: bool,
) -> Errors:
    """Write what the model makes of what it is given, and return its errors.

    Arguments:
        path: a picture shows the first 16; else all that is put out is written.
        run: the model.
        pairs: what is given, with its labels, and what is wanted, (B, *event).
        examples: what is given, all of it.
        conditions: under which a conditional model works.
        draw: makes the picture.
        scaled: leave numbers as the model puts them out.
    """
    errors, first = Errors(), list[tuple[Tensor, Tensor, Tensor]]()

    def blocks() -> Iterator[Tensor]:
        for (x, y), wanted in watch(run.name, -(-len(examples) // BLOCK))(pairs):
            c = conditions.of(len(x), y, examples.classes)
            restored = run.trained.reconstruct(x, condition=c)
            errors.add(wanted, x, restored)
            if sum(len(some[0]) for some in first) < MOST:
                first.append((x.cpu(), wanted.cpu(), restored.cpu()))
            yield restored

    if not is_picture(path):
        deliver(path, blocks(), len(examples), run, title="", scaled=scaled)
        return errors
    for _ in blocks():
        pass
    given, wanted, restored = (torch.cat(parts)[:MOST] for parts in zip(*first))
    more = len(examples) > len(given)
    title = f"{'the first of ' if more else ''}{len(examples)} examples"
    write_figure(path, draw(given, wanted, restored, title))
    return errors


def with_itself(blocks: Iterable[Block]) -> Iterator[tuple[Block, Tensor]]:
    """Yield each block as what is given and as what is wanted."""
    return ((block, block.x) for block in blocks)


def with_noise(
    blocks: Iterable[Block], noise: Corruption, seed: int
) -> Iterator[tuple[Block, Tensor]]:
    """Yield each block with noise, a function of the seed and of its number, and without."""
    for number, (x, y) in enumerate(blocks):
        seed_torch(x.device, EVALUATE, seed, number, 1)
        yield Block(noise(x), y), x
