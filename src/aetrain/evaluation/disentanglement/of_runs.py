"""The disentanglement ranking of several runs, as `ae evaluate` takes it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.errors import UserError
from aetrain.evaluation.codes import Watch
from aetrain.evaluation.disentanglement.ranking import Coded, lasso, ranking, spearman
from aetrain.evaluation.tally import Tally
from aetrain.seeding import EVALUATE, seed_torch

LEAST_RATE = 0.01
"""Nats that a dimension must carry in the mean to be informative."""


@torch.no_grad()
def coded(
    model: Autoencoder,
    data: DataModule,
    split: str,
    rows: Tensor,
    watch: Watch = iter,
    seed: int = 0,
) -> Coded:
    """Return a model's codes of rows of a split, and which of their dimensions are informative.

    A dimension is where it carries more than 0.01 nats in the mean; of a model whose rate is none
    of single dimensions, where it is an active unit, Var_x(E_q[z]) > 0.01.

    Arguments:
        model: in evaluation mode.
        data: of any run on the same data set, so that all models are given the same examples.
        split: train, valid or test.
        rows: which examples.
        watch: what the blocks are passed through.
        seed: of the draws that some rates are estimated by.

    Raises:
        UserError: where the model has no encoder.
    """
    if not model.encodes:
        raise UserError(
            "--measure udr: this model has no encoder, so there are no codes to compare; choose"
            " runs of another model"
        )
    tally, codes = Tally(), []
    for number, batch in enumerate(watch(data.blocks_of(split, rows, model.device))):
        seed_torch(model.device, EVALUATE, seed, number)
        batch = {**batch, "x": batch["x"].to(model.dtype)}
        with model.conditioned(batch):
            report = model.report(batch)
        tally.add(report)
        codes.append(report.code.flatten(1).double().cpu())
    rates = tally.rates
    return Coded(torch.cat(codes), tally.active if rates is None else rates > LEAST_RATE)


def of_ranking(runs: Sequence[Coded]) -> list[dict[str, float]]:
    """Return for each run `udr`, by the lasso, and `udr_spearman`, with their errors.

    Arguments:
        runs: two at least.
    """
    by_lasso, by_rank = ranking(runs, lasso), ranking(runs, spearman)
    return [
        {
            "udr": a.value,
            "udr_se": a.error,
            "udr_spearman": b.value,
            "udr_spearman_se": b.error,
            "udr_runs": len(runs),
            "udr_informative": int(run.informative.sum()),
        }
        for run, a, b in zip(runs, by_lasso, by_rank, strict=True)
    ]
