"""A figure with its standard error, by resampling or over repetitions."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Estimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"


def bootstrap(
    figure: Callable[[Tensor], Tensor], examples: int, *, resamples: int = 50, seed: int = 0
) -> Estimate:
    """Return a figure of all examples, and its standard deviation over resamples of them.

    Arguments:
        figure: rows (N,), of which some may come twice -> a scalar.
        examples: N.
        resamples: how many times N of the N examples are drawn with replacement.
        seed: of the draws.

    References:
        Efron, Tibshirani: An introduction to the bootstrap. 1993.
    """
    draws = torch.Generator().manual_seed(seed)
    figures = [
        figure(torch.randint(examples, (examples,), generator=draws)) for _ in range(resamples)
    ]
    spread = torch.stack(figures).double().std().item()
    return Estimate(figure(torch.arange(examples)).item(), spread)


def over_repetitions(figures: Sequence[float]) -> Estimate:
    """Return the mean of repeated figures and its standard error; NaN for a single one."""
    repeated = torch.tensor(figures, dtype=torch.float64)
    error = repeated.std().item() / math.sqrt(len(figures)) if len(figures) > 1 else math.nan
    return Estimate(repeated.mean().item(), error)


def halves(
    examples: int, *, most: int, repetitions: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield for each repetition the rows to train on and those to test on: disjoint, at random.

    Arguments:
        examples: N, at least 2.
        most: size of each, or half of the examples where there are fewer.
        repetitions: how many times.
        seed: of the draws.
    """
    draws = torch.Generator().manual_seed(seed)
    size = min(most, examples // 2)
    for _ in range(repetitions):
        rows = torch.randperm(examples, generator=draws)
        yield rows[:size], rows[size : 2 * size]
