"""All that samples of a model are judged by."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.drawn import drawn
from aetrain.evaluation.moments import mean_and_error
from aetrain.evaluation.roc import auroc
from aetrain.evaluation.samples.features import Features
from aetrain.evaluation.samples.frechet import frechet
from aetrain.evaluation.samples.kernel_distance import kernel_distance
from aetrain.evaluation.samples.manifolds import expected_coverage, manifolds
from aetrain.evaluation.samples.modes import modes
from aetrain.evaluation.samples.neighbours import nearest
from aetrain.evaluation.samples.sharpness import (
    has_sharpness,
    laplacian_variance,
    relative_sharpness,
)
from aetrain.evaluation.subject import Subject
from aetrain.seeding import EVALUATE, generator


def of_samples(subject: Subject) -> dict[str, Any]:
    """Return distances, fidelity, diversity, memorisation and sharpness of a model's samples."""
    s = subject
    draws = s.draws or len(s.rows)
    found = compared(s, s.watch(drawn(s.model, draws, seed=s.seed, mean=s.mean)))
    return {**found, "sample_kind": "means" if s.mean else "draws"}


def compared(subject: Subject, blocks: Iterable[Tensor]) -> dict[str, Any]:
    """Return the same of any samples, (B, *event) in each block.

    `nearest_training`: mean distance of a sample to its nearest training example;
    `nearest_training_of_data`: the same of the examples. `copying`: the chance that a sample is
    nearer to the training than an example is, 0.5 where both are alike, 1 for copies. Where the
    features are those of a classifier: see `modes`; `confidence`, the mean of max_y p(y|x) of
    samples, and `confidence_of_data`.

    References:
        Meehan, Chaudhuri, Dasgupta: A non-parametric test to detect data-copying in generative
        models. 2020. https://arxiv.org/abs/2004.05675
    """
    s, features = subject, subject.features
    own = (batch["x"] for batch in s.watch(s.blocks()))
    data, sharp = _gathered(own, features)
    samples, soft = _gathered(blocks, features)
    # blocks and groups are of random examples, whatever the order of a file
    data = data[torch.randperm(len(data), generator=generator(EVALUATE, s.seed, len(data)))]
    found = manifolds(data, samples)
    distances: dict[str, Estimate] = {
        "frechet": frechet(samples, data),
        "kernel_distance": kernel_distance(samples, data),
        "density": found.density,
    }
    if len(sharp):
        distances["sharpness"] = relative_sharpness(soft, sharp)
    return {
        "sample_features": features.name,
        "sample_count": len(samples),
        **_figures(distances),
        **found.precision.figures("precision"),
        **found.recall.figures("recall"),
        **found.coverage.figures("coverage"),
        "coverage_at_best": expected_coverage(len(data), len(samples)),
        **_of_classes(features, samples, data, s.seed),
        **_memorisation(subject, samples, data),
    }


def _of_classes(features: Features, samples: Tensor, data: Tensor, seed: int) -> dict[str, Any]:
    """Return what a classifier says of samples; nothing where the features are of none."""
    of_samples, of_data = features.classes(samples), features.classes(data)
    if of_samples is None or of_data is None:
        return {}
    sure, sure_of_data = of_samples.max(-1), of_data.max(-1)
    found = modes(sure.indices, sure_of_data.indices, of_data.shape[-1], seed=seed)
    return {
        "modes": found.of,
        **_figures({"modes_found": found.found, "modes_kl": found.divergence}),
        **mean_and_error("confidence", sure.values),
        **mean_and_error("confidence_of_data", sure_of_data.values),
    }


def _memorisation(subject: Subject, samples: Tensor, data: Tensor) -> dict[str, float]:
    rows = torch.arange(len(subject.data.tables["train"]))

    def training() -> Iterator[Tensor]:
        for batch in subject.watch(subject.blocks("train", rows)):
            yield subject.features.of(batch["x"])

    both = nearest(torch.cat([samples, data]), training()).distance
    of_samples, of_data = both.split([len(samples), len(data)])
    copying = auroc(-of_samples, -of_data)
    return {
        **mean_and_error("nearest_training", of_samples),
        **mean_and_error("nearest_training_of_data", of_data),
        **_figures({"copying": copying}),
    }


def _gathered(blocks: Iterable[Tensor], features: Features) -> tuple[Tensor, Tensor]:
    """Return features (N, F), and Laplacian variances (N,) of images, else (0,)."""
    found: list[Tensor] = []
    sharp: list[Tensor] = [torch.zeros(0, dtype=torch.float64)]
    for x in blocks:
        found.append(features.of(x))
        if has_sharpness(x.shape[1:]):
            sharp.append(laplacian_variance(x.cpu()))
    return torch.cat(found), torch.cat(sharp)


def _figures(estimates: dict[str, Estimate]) -> dict[str, float]:
    return {
        key: value
        for name, found in estimates.items()
        for key, value in ((name, found.value), (f"{name}_se", found.error))
    }
