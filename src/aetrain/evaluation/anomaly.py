"""Whether a model tells examples of another data set from its own."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.roc import auroc
from aetrain.evaluation.subject import Subject
from aetrain.player import Batch
from aetrain.seeding import EVALUATE, seed_torch


def of_anomaly(subject: Subject) -> dict[str, Any]:
    """Return the area under the ROC curve of each score, other data being the positives.

    Scores are what an example costs, in nats: `elbo` = −ELBO, or `cost` where there is none, the
    sum of the model's terms; each term, such as `distortion` and `rate`; `nll` = −log p(x) by
    importance sampling with K draws, where the model defines p(x).

    References:
        Nalisnick, Matsukawa, Teh, Gorur, Lakshminarayanan: Do deep generative models know what
        they don't know? 2019. https://arxiv.org/abs/1810.09136 (why it may be below 0.5)
    """
    s = subject
    s.require_encoder("anomaly")
    if s.others is None:
        raise UserError("--measure anomaly: there is nothing to tell from; use --against FILE")
    own = scores(s, s.watch(s.blocks()))
    others = scores(s, s.watch(s.others.batches()))
    figures: dict[str, Any] = {}
    for name in own:
        found = auroc(others[name], own[name])
        figures |= {f"auroc_{name}": found.value, f"auroc_{name}_se": found.error}
    count = len(next(iter(others.values())))
    return {**figures, "anomaly_others": count, "anomaly_against": s.others.name}


@torch.no_grad()
def scores(subject: Subject, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """Return each score of all examples, name -> (N,), a function of the seed and their order."""
    model, found = subject.model, dict[str, list[Tensor]]()
    for number, batch in enumerate(batches):
        seed_torch(model.device, EVALUATE, subject.seed, number)
        try:
            with model.conditioned(batch):
                costs = dict(model.report(batch).costs)
                log_p = model.log_prob(batch["x"], subject.samples)
        except KeyError as error:
            raise UserError(
                f"--measure anomaly: what this model costs needs {error.args[0]} of each example,"
                " and there is none: use --against with a file that holds labels"
            ) from error
        if len(costs) > 1:
            costs["elbo" if "rate" in costs else "cost"] = torch.stack([*costs.values()]).sum(0)
        if log_p is not None:
            costs["nll"] = -log_p
        for name, cost in costs.items():
            found.setdefault(name, []).append(cost.detach().double().cpu())
    return {name: torch.cat(each) for name, each in found.items()}
