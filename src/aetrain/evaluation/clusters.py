"""The error of clusters that have been given labels, as `ae evaluate` takes it."""

from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.clustering import clustering, contingency
from aetrain.evaluation.interval import share
from aetrain.evaluation.subject import Subject
from aetrain.seeding import EVALUATE, seed_torch

NAMING = "valid"
"""The split whose labels name clusters."""


@final
class Assigned(NamedTuple):
    """Examples whose label is known.

    Attributes:
        p: probabilities of clusters, (N, K).
        y: labels, (N,).
    """

    p: Tensor
    y: Tensor


def by_best_example(examples: Assigned) -> Tensor:
    """Return the label of each cluster, (K,): that of the example which is most surely in it.

    References:
        Makhzani, Shlens, Jaitly, Goodfellow, Frey: Adversarial autoencoders, section 6. 2016.
        https://arxiv.org/abs/1511.05644
    """
    return examples.y[examples.p.argmax(0)]


def by_majority(examples: Assigned) -> Tensor:
    """Return the commonest label of each cluster's examples, (K,); -1 where it has none."""
    table = contingency(examples.p.argmax(1), examples.y, examples.p.shape[1])
    return torch.where(table.sum(1) > 0, table.argmax(1), -1)


def wrong(labels: Tensor, examples: Assigned) -> int:
    """Return how many examples have another label than their likeliest cluster."""
    return int((labels[examples.p.argmax(1)] != examples.y).sum())


def of_clusters(subject: Subject) -> dict[str, float]:
    """Return how wrong the clusters' labels are, and how clusters and classes meet.

    Clusters are given labels by validation examples and judged on the others: `cluster_error` by
    the example that is most surely in each, `cluster_error_by_majority` by the commonest. Several
    clusters may have one label; `cluster_accuracy` matches them one to one with classes, and of
    more clusters than classes calls all the others wrong.

    Raises:
        UserError: where the model has no clusters, the data no labels, or a part would be both
            what names the clusters and what they are judged on.
    """
    s = subject
    if s.split == NAMING:
        raise UserError(
            "--measure clusters: their labels are found by valid; use --split test to judge them"
        )
    naming = _assigned(s, NAMING, torch.arange(len(s.data.tables[NAMING])))
    judged = _assigned(s, s.split, s.rows)
    n, clusters = judged.p.shape
    found = judged.p.argmax(1)
    return {
        "clusters": clusters,
        "clusters_used": len(found.unique()),
        **share(wrong(by_best_example(naming), judged), n).figures("cluster_error"),
        **share(wrong(by_majority(naming), judged), n).figures("cluster_error_by_majority"),
        **clustering(contingency(found, judged.y, clusters)),
    }


@torch.no_grad()
def _assigned(subject: Subject, split: str, rows: Tensor) -> Assigned:
    p: list[Tensor] = []
    y: list[Tensor] = []
    for number, batch in enumerate(subject.watch(subject.blocks(split, rows))):
        seed_torch(subject.model.device, EVALUATE, subject.seed, number)
        with subject.model.conditioned(batch):
            found = subject.model.report(batch).assigned
        if found is None:
            raise UserError(
                "--measure clusters: this model finds none; use a run of model=aae_cluster,"
                " model=gmvae or model=vade"
            )
        if "y" not in batch:
            break
        known = batch["y"] >= 0
        p.append(found[known].double().cpu())
        y.append(batch["y"][known].cpu())
    if not sum(map(len, y)):
        raise UserError(
            f"--measure clusters: no example of {split} has a label; use a run on data with classes"
        )
    return Assigned(torch.cat(p), torch.cat(y))
