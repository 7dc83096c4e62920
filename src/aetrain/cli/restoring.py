"""Examples that go through a model: reconstructed, or cleaned of noise."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from aetrain.cli.deliver import deliver
from aetrain.cli.opened import Opened
from aetrain.cli.sink import write_figure
from aetrain.figures.reconstructions import MOST, reconstructions


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


def restore(
    path: Path,
    run: Opened,
    pairs: Iterable[tuple[Tensor, Tensor]],
    count: int,
    *,
    names: tuple[str, str],
    scaled: bool,
) -> Errors:
    """Write what the model makes of what it is given, and return its errors.

    Arguments:
        path: a .png shows the first 16, each above what is made of it; else all are written.
        run: the model.
        pairs: what is given, and what is wanted, (B, *event).
        count: how many examples these are.
        names: what a picture calls what is given and what is put out.
        scaled: leave numbers as the model puts them out.
    """
    errors, first = Errors(), list[tuple[Tensor, Tensor]]()

    def blocks() -> Iterator[Tensor]:
        for x, wanted in pairs:
            restored = run.trained.reconstruct(x)
            errors.add(wanted, x, restored)
            if sum(len(a) for a, _ in first) < MOST:
                first.append((x.cpu(), restored.cpu()))
            yield restored

    if path.suffix.lower() != ".png":
        deliver(path, blocks(), count, run, title="", scaled=scaled)
        return errors
    for _ in blocks():
        pass
    x, restored = (torch.cat(parts)[:MOST] for parts in zip(*first))
    write_figure(path, reconstructions(x, restored, title="", names=names))
    return errors


def with_itself(blocks: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each block as what is given and as what is wanted."""
    return ((x, x) for x in blocks)
