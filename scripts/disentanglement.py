"""Measure how far trained runs separate the known factors of their data.

    python scripts/disentanglement.py RUN RUN ... --examples 50000

The codes are the posterior means of all examples of the run's own data, training examples too, or
of so many of them at random. `mig, draws` is the gap of one draw from q(z|x) for each example, in
place of the mean. ± is a standard error: over resamples of the examples for both gaps and for
modularity, over repetitions with other examples for the rest. They say nothing of other seeds of
the training, which matter more: measure several runs. Below, each factor's own gap, of the draws.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

import aetrain
from aetrain.agreement import likelihood_support
from aetrain.build import build_data
from aetrain.data.table import Factors
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.disentanglement.measures import measures
from aetrain.evaluation.disentanglement.mutual_information_gap import gaps, mutual_information_gap
from aetrain.seeding import EVALUATE, SPLIT, generator, seed_torch
from aetrain.trained import Trained

BLOCK = 1000


class Codes(NamedTuple):
    """Codes of examples: posterior means and one draw each, (N, D), and what made the examples."""

    means: Tensor
    draws: Tensor
    factors: Factors


@torch.no_grad()
def encoded(run: str, trained: Trained, examples: int) -> Codes:
    """Encode all examples of the run's data, before they are split, or so many at random."""
    data = build_data(trained.config)
    data.suit(likelihood_support(trained.config))
    splits = data.source.load()
    if splits.factors is None:
        raise SystemExit(f"{run}: nothing is known of the factors of its data; use dataset=sprites")
    rows = torch.arange(len(splits.train))
    if len(rows) > examples:
        rows = torch.randperm(len(rows), generator=generator(SPLIT, 0))[:examples]
    means, draws = [], []
    for number, block in enumerate(rows.split(BLOCK)):
        seed_torch(torch.device("cpu"), EVALUATE, number)
        q = trained.posterior(data.transform(splits.train.read(block)))
        means.append(q.mean.flatten(1))
        draws.append(q.sample().flatten(1))
    known = Factors(splits.factors.values[rows], splits.factors.names)
    return Codes(torch.cat(means).double(), torch.cat(draws).double(), known)


def main() -> None:
    """Print a table with a line for each measure and a column for each run."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    table: dict[str, list[str]] = {}
    for run in given.runs:
        codes = encoded(run, aetrain.load(run), given.examples)
        values = codes.factors.values
        figures: dict[str, Estimate] = {
            "mig, draws": mutual_information_gap(codes.draws, values, seed=given.seed),
            **measures(codes.means, values, seed=given.seed),
        }
        table.setdefault(f"{len(values)} examples", []).append(Path(run).name)
        for name, figure in figures.items():
            table.setdefault(name, []).append(str(figure))
        for name, gap in zip(codes.factors.names, gaps(codes.draws, values).tolist(), strict=True):
            table.setdefault(f"  gap of {name}", []).append(f"{gap:.3f}")
    width = max(len(cell) for cells in table.values() for cell in cells) + 2
    for name, cells in table.items():
        print(f"{name:<22}" + "".join(f"{cell:>{width}}" for cell in cells))


if __name__ == "__main__":
    main()
