"""Between training and the test: a sampler, and classifiers, are fitted to the trained codes."""

import time
from typing import TYPE_CHECKING

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain import checkpoint
from aetrain.data.draws import SPLITS
from aetrain.errors import UserError
from aetrain.evaluation.measures import of_features
from aetrain.evaluation.subject import TRAINING_CODES, Subject
from aetrain.loggers.writing import write
from aetrain.samplers.sampler import ROWS
from aetrain.seeding import FIT, generator, seed_torch

if TYPE_CHECKING:
    from aetrain.job import Job, Parts


def fit_sampler(job: "Job", parts: "Parts", trainer: pl.Trainer) -> dict[str, float]:
    """Fit the run's sampler, if it has one, give it to the model and keep it beside its weights.

    Process 0 encodes and fits, and the others get what it found. All is a function of the weights
    and of the seed, so a run that goes on, or is tested again, finds the same.

    Returns:
        `sampler/codes`, fitted to; `sampler/fit_s`, seconds; `sampler/log_prob`, mean log density
        of the validation's codes, in nats, where it has one; `sampler/prior_log_prob`, the same of
        the model's own distribution of codes. Empty where there is no sampler.
    """
    model, sampler = parts.model, parts.sampler
    first = model.world.rank == 0
    figures: dict[str, float] = {}
    if sampler is not None and not job.config["trainer"]["fast_dev_run"]:
        device = trainer.strategy.root_device
        model.to(device).eval()
        sampler.to(device)
        if first:
            with model.stopping_at_once():
                figures = _fitted(parts, device)
        model.world.copy_from_first(sampler)
        model.sampler = sampler
    if first and (figures or job.resume):
        _keep(parts)
    return figures


def probe(job: "Job", parts: "Parts", trainer: pl.Trainer) -> dict[str, float]:
    """Return what the codes are worth to simple classifiers, where the run asks for it.

    Process 0 encodes and fits; the figures are those of `ae evaluate --measure features`.

    Returns:
        `test/probe_accuracy`, `test/knn_accuracy`, `test/svm_accuracy` and their 95 % intervals;
        `time/probe_s`.
    """
    model, codes = parts.model, job.config["evaluation"]["probe"]
    if not codes or model.world.rank or job.config["trainer"]["fast_dev_run"]:
        return {}
    started = time.perf_counter()
    model.to(trainer.strategy.root_device).eval()
    subject = Subject(model, parts.data, examples=max(codes, TRAINING_CODES), training_codes=codes)
    with model.stopping_at_once():
        figures = {f"test/{name}": value for name, value in of_features(subject).items()}
    write(model, figures)
    return {**figures, "time/probe_s": time.perf_counter() - started}


@torch.no_grad()
def codes_of(parts: "Parts", split: str, most: int, device: torch.device) -> Tensor:
    """Return a draw of q(z|x) for each example of a split, or for `most` random ones."""
    model, data = parts.model, parts.data
    number, length = SPLITS.index(split), len(data.tables[split])
    rows = torch.arange(length)
    if length > most:
        rows = torch.randperm(length, generator=generator(FIT, model.seed, number))[:most]
    codes: list[Tensor] = []
    for block, batch in enumerate(data.blocks_of(split, rows, device)):
        seed_torch(device, FIT, model.seed, number, block)
        with model.conditioned(batch):
            codes.append(model.encode(batch["x"].to(model.dtype)).sample())
    return torch.cat(codes)


def log_density(codes: Distribution, z: Tensor) -> Tensor | None:
    """Return log p(z), (N,), or None where the distribution can only be sampled."""
    try:
        return torch.cat([codes.log_prob(part) for part in z.split(ROWS)])
    except (NotImplementedError, UserError):
        return None


@torch.no_grad()
def _fitted(parts: "Parts", device: torch.device) -> dict[str, float]:
    model, sampler = parts.model, parts.sampler
    assert sampler is not None
    started = time.perf_counter()
    codes = codes_of(parts, "train", sampler.codes, device)
    seed_torch(device, FIT, model.seed)
    sampler.fit(codes)
    figures = {"codes": float(len(codes)), "fit_s": time.perf_counter() - started}
    valid = codes_of(parts, "valid", sampler.codes, device)
    seed_torch(device, FIT, model.seed, 1)
    scores = {"log_prob": sampler.score(valid)}
    if model.conditioning is None:  # else it may be another one for each example
        scores["prior_log_prob"] = log_density(model.codes(), valid)
    figures |= {name: score.mean().item() for name, score in scores.items() if score is not None}
    return {f"sampler/{name}": figure for name, figure in figures.items()}


def _keep(parts: "Parts") -> None:
    """Write the sampler, or that there is none, into the checkpoint that `load` takes."""
    run, model, sampler = parts.run, parts.model, parts.sampler
    path = run.best if run.best.is_file() else run.last
    if not path.is_file():
        return
    content = checkpoint.read(path)
    weights = checkpoint.without_sampler(content["state_dict"])
    if sampler is None and len(weights) == len(content["state_dict"]):
        return
    state = {} if sampler is None else sampler.state_dict()
    own = {f"{checkpoint.SAMPLER}{name}": value.cpu() for name, value in state.items()}
    content["state_dict"] = weights | own
    content[checkpoint.CARD] = {**content[checkpoint.CARD], **model.card}
    checkpoint.write(path, content)
