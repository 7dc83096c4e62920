"""Which classifier judges the decodes of a study."""

from collections.abc import Sequence
from pathlib import Path

import torch

from aetrain.cli.opened import Opened, located
from aetrain.comparison.same_data import require_same_data
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.limits.judge import Head, Judge, Trees
from aetrain.evaluation.limits.study import Examples
from aetrain.evaluation.samples.features import Features, Pixels, codes_of
from aetrain.seeding import FIT, generator
from aetrain.trained import load

MOST = 10_000
"""Training examples that trees are fitted to."""


def judge_of(
    path: Path | None,
    data: DataModule,
    examples: Examples,
    run: Opened,
    allow: Sequence[str],
    *,
    seed: int,
) -> tuple[Judge, Features]:
    """Return who says the classes, and in which features images are compared.

    Arguments:
        path: a run with a head, whose codes are the features; None: trees and pixels.
        data: examples as the files have them.
        examples: those of the test.
        run: one of the study.
        allow: packages that the classifier's configuration may name.
        seed: of the trees.

    Raises:
        UserError: where there is no such run, it has learned no labels, or other ones.
    """
    classes = len(examples.classes)
    if path is None:
        return _trees(data, classes, seed), Pixels()
    from aetrain.cli.runs import config_of
    from aetrain.comparison.facts import facts_of

    path = located(path)
    try:
        found = load(path, allow=allow)
    except UserError as error:
        raise UserError(f"--classifier {path}: {error}") from error
    features = codes_of(path.name, found.to(run.trained.model.device).model)
    if features.head is None:
        raise UserError(
            f"--classifier {path}: has learned no labels; use a run such as model=stacked_ae"
            " head=classifier, or leave it out"
        )
    names = [run.name, path.name]
    require_same_data(names, [config_of(facts_of(p)) for p in (run.directory, path)])
    judge = Head(features)
    if judge.probabilities(examples.x[:1]).shape[1] != classes:
        raise UserError(
            f"--classifier {path}: knows other classes than the {classes} of the data; use a run on"
            " the same data"
        )
    return judge, features


def _trees(data: DataModule, classes: int, seed: int) -> Trees:
    y = data.tables["train"].y
    assert y is not None
    known = (y >= 0).nonzero().flatten().cpu()
    order = torch.randperm(len(known), generator=generator(FIT, seed, len(known)))
    rows = known[order[:MOST]]
    blocks = list(data.blocks_of("train", rows, torch.device("cpu")))
    return Trees(torch.cat([b["x"] for b in blocks]), y.cpu()[rows], classes, seed=seed)
