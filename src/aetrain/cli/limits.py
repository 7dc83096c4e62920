"""`ae compare --study limits`: two runs, opened, checked, measured and told of."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from aetrain.cli.comparing import Found
from aetrain.cli.limits_judge import judge_of
from aetrain.cli.limits_measured import Measured
from aetrain.cli.limits_models import models_of
from aetrain.cli.limits_report import page_of
from aetrain.cli.limits_summaries import write_summaries
from aetrain.cli.opened import Opened, opened
from aetrain.cli.shown import print_json, print_table, watch, with_error
from aetrain.cli.written import writing
from aetrain.data.module import DataModule
from aetrain.data_of import chosen_rows
from aetrain.errors import UserError, choice
from aetrain.evaluation.limits.claim import Verdict
from aetrain.evaluation.limits.side import Side
from aetrain.evaluation.limits.study import Examples, Study, studied
from aetrain.evaluation.measures import require_classes
from aetrain.seeding import EVALUATE, generator
from aetrain.trained import Trained

FILE = "limits.html"
LEAST = 50
"""Test examples that figures are made of."""


def limits(
    runs: Sequence[Found],
    classifier: Path | None,
    output: Path | None,
    *,
    draws: int,
    seed: int,
    places: Sequence[str],
    device: str,
    allow: Sequence[str],
    as_json: bool,
) -> None:
    """Measure two runs, write the page and TensorBoard's files, and print the claims.

    Arguments:
        runs: the plain autoencoder's and the variational one's.
        classifier: a run with a head; None: trees are fitted.
        output: of the page; None: in the second run's directory.
        draws: random codes of each kind, and at most so many test examples.
        seed: of all draws.
        places: where the data are now, KEY=VALUE.
        device: where to compute.
        allow: packages that the runs' configurations may name.
        as_json: print JSON.

    Raises:
        UserError: for runs that the study is not of.
    """
    with ExitStack() as stack:
        plain, variational = (stack.enter_context(opened(r.path, device, allow)) for r in runs)
        models = models_of(runs, plain, variational)
        data = unbinarised(variational, places)
        require_classes(data, "--study limits", "measure with ae evaluate")
        rows = _rows(data, "test", draws, seed)
        training = _rows(data, "train", draws, seed)
        names = [choice(model) for model in models]
        if names[0] == names[1]:
            names = [run.name for run in runs]
        sides = [
            Side(name, model, run.data(places), rows, training, seed)
            for name, model, run in zip(names, models, (plain, variational))
        ]
        examples = _examples(data, rows, training[: len(rows)])
        judge, features = judge_of(classifier, data, examples, variational, allow, seed=seed)
        study = studied(
            sides[0], sides[1], examples, judge, features, draws=draws, watch=watch("study", 5)
        )
        measured = Measured(runs, sides, examples, study, judge, features, draws)
        page, figures = page_of(measured)
        path = output or variational.directory / FILE
        with writing(path):
            summaries = write_summaries(path.parent, measured, figures)
            page.write(path)
    _tell(study, path, summaries, as_json)


def unbinarised(run: Opened, places: Sequence[str]) -> DataModule:
    """Return a run's data as the files have them: without what is drawn for a likelihood.

    Means of p(x|z) are of that kind whether the training's examples were binarised or not.
    """
    data = run.data(places)
    drawn = data.binarize_chosen in ("dynamic", "static")
    if not drawn and not data.dequantize:
        return data
    node = {**run.trained.config["dataset"], "dequantize": False}
    node |= {"binarize": "none"} if drawn else {}
    config = {**run.trained.config, "dataset": node}
    plain = Trained(run.trained.model, config, run.trained.event)
    return Opened(run.name, run.directory, plain).data(places)


def _rows(data: DataModule, split: str, most: int, seed: int) -> Tensor:
    """Return rows of a split whose class is known, in a mixed order."""
    y = data.tables[split].y
    assert y is not None
    known = (y >= 0).nonzero().flatten().cpu()
    if len(known) < LEAST:
        raise UserError(
            f"--study limits: {len(known)} {split} examples have a class: must be {LEAST} or more"
        )
    rows = known[chosen_rows(known, split, most, seed)]
    return rows[torch.randperm(len(rows), generator=generator(EVALUATE, seed, len(rows)))]


def _examples(data: DataModule, rows: Tensor, training: Tensor) -> Examples:
    cpu = torch.device("cpu")
    x = torch.cat([b["x"].float().cpu() for b in data.blocks_of("test", rows, cpu)])
    train = torch.cat([b["x"].float().cpu() for b in data.blocks_of("train", training, cpu)])
    y = data.tables["test"].y
    assert y is not None
    y = y.cpu()[rows]
    if len(y.unique()) < 2:
        raise UserError("--study limits: the test examples are of one class; choose other data")
    names = data.classes or [str(k) for k in range(data.classes_seen())]
    return Examples(x, y, train, names)


def _tell(study: Study, path: Path, summaries: Path, as_json: bool) -> None:
    if as_json:
        print_json({"output": str(path), "tensorboard": str(summaries), **plain(study)})
        return
    for claim in study.claims:
        click.echo(f"\n{claim.sentence}\n{_first_up(claim.verdict)}.")
        rows = (
            [e.measure, *(f"{n} {with_error(*f)}" for n, f in zip(e.names, (e.a, e.b))),
             with_error(*e.gap, sign=True), e.told]
            for e in claim.evidence
        )  # fmt: skip
        print_table(["measure", "", "", "difference", "verdict"], rows, words=["verdict"])
    click.echo(f"\n{path}\n{summaries}")


def plain(study: Study) -> dict[str, Any]:
    """Return claims and figures as plain containers."""
    claims = [
        {
            "claim": claim.sentence,
            "holds": claim.holds,
            "verdict": claim.verdict,
            "measures": [
                {
                    "measure": e.measure,
                    "better": e.way,
                    **{f"{n}": list(f) for n, f in zip(e.names, (e.a, e.b))},
                    "difference": list(e.gap),
                    "verdict": e.verdict.value,
                    "reason": e.reason if e.verdict is Verdict.UNMEASURED else "",
                }
                for e in claim.evidence
            ],
        }
        for claim in study.claims
    ]
    quality = {
        ", z ~ ".join(filter(None, key)): {k: list(v) for k, v in found.items()}
        for key, found in study.quality.items()
    }
    return {"claims": claims, "decodes": quality}


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
