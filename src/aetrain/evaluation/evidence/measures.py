"""Measures of evidence, as `ae evaluate` takes them."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.data_of import chosen_rows
from aetrain.errors import UserError
from aetrain.evaluation.drawn import drawn
from aetrain.evaluation.evidence.decomposition import parts_of_rate
from aetrain.evaluation.evidence.of_model import annealed_evidence
from aetrain.evaluation.evidence.parzen import parzen
from aetrain.evaluation.moments import mean_and_error
from aetrain.evaluation.part import of_part
from aetrain.evaluation.subject import Subject
from aetrain.seeding import EVALUATE, generator, seed_torch

AIS_EXAMPLES = 100
PARZEN_SAMPLES = 10_000
VALIDATION = 1_000
"""Validation examples that a bandwidth is chosen by."""


def of_ais(subject: Subject) -> dict[str, float]:
    """Return −log p(x) by annealed importance sampling, and how far it can be wrong.

    An example takes as long as tens of thousands of draws: 100 are judged where nothing is said.
    """
    s = subject
    rows = chosen_rows(s.data, s.split, s.examples or AIS_EXAMPLES, s.seed)
    blocks = (batch["x"] for batch in s.blocks(rows=rows))
    figures = annealed_evidence(s.model, blocks, s.annealing, seed=s.seed, watch=s.watch)
    return of_part(figures, len(rows), len(s.data.tables[s.split]))


@torch.no_grad()
def of_decomposition(subject: Subject) -> dict[str, float]:
    """Return mutual information, total correlation and the dimensions' KL, which sum to the rate.

    q(z) is that of the chosen examples; at most --codes of them stand for all.
    """
    s = subject
    s.require_encoder("decomposition")
    posteriors: list[Distribution] = []
    codes: list[Tensor] = []
    for number, batch in enumerate(s.watch(s.blocks())):
        seed_torch(s.model.device, EVALUATE, s.seed, number)
        posteriors.append(s.model.encode(batch["x"]))
        codes.append(posteriors[-1].sample())
    n = sum(map(len, codes))
    chosen = torch.randperm(n, generator=generator(EVALUATE, s.seed, n))[: s.training_codes]
    try:
        parts = parts_of_rate(posteriors, codes, s.model.codes(), chosen)
    except NotImplementedError as error:
        raise UserError(
            "--measure decomposition: the prior of this model can only be sampled, so there is no"
            " rate; choose another measure"
        ) from error
    figures: dict[str, float] = {}
    for name, part in parts._asdict().items():
        figures |= mean_and_error(f"sampled_{name}" if name == "rate" else name, part)
    return {**figures, "aggregate_examples": len(chosen)}


@torch.no_grad()
def of_parzen(subject: Subject) -> dict[str, Any]:
    """Return log p̂(x) of Parzen windows around samples, with a bandwidth chosen by validation."""
    s = subject
    if s.split == "valid":
        raise UserError("--measure parzen: the bandwidth is chosen by valid; use --split test")
    draws = s.draws or PARZEN_SAMPLES
    samples = torch.cat([x.cpu() for x in s.watch(drawn(s.model, draws, seed=s.seed, mean=s.mean))])
    rows = chosen_rows(s.data, "valid", VALIDATION, s.seed)
    validation = torch.cat([batch["x"].cpu() for batch in s.blocks("valid", rows)])
    x = torch.cat([batch["x"].cpu() for batch in s.watch(s.blocks())])
    found = parzen(x, validation, samples)
    return {
        **mean_and_error("parzen", found.log_density),
        "parzen_bandwidth": found.bandwidth,
        "parzen_samples": draws,
    }
