"""What `ae evaluate` can measure, by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from aetrain.data.module import DataModule
from aetrain.data_of import chosen_rows
from aetrain.errors import UserError
from aetrain.evaluation.anomaly import of_anomaly
from aetrain.evaluation.bound import bound, reconstruction_error
from aetrain.evaluation.clusters import of_clusters
from aetrain.evaluation.codes import Codes, encoded
from aetrain.evaluation.disentanglement.of_run import of_disentanglement
from aetrain.evaluation.evidence.measures import of_ais, of_decomposition, of_parzen
from aetrain.evaluation.features import (
    label_spreading,
    linear_probe,
    nearest_neighbours,
    support_vectors,
)
from aetrain.evaluation.part import of_part
from aetrain.evaluation.samples.of_model import of_samples
from aetrain.evaluation.subject import Measure, Subject


def of_bound(subject: Subject) -> Mapping[str, float]:
    """Return ELBO, distortion, rate, bits per dimension, active units: whatever the model has."""
    return bound(subject.model, subject.data, subject.split, subject.rows, watch=subject.watch)


def of_evidence(subject: Subject) -> Mapping[str, float]:
    """Return the same, and −log p(x) by importance sampling."""
    figures = _with_evidence(subject)
    if "nll" not in figures:
        raise UserError(
            "--measure nll: this model has no log p(x), as no density of its codes goes with what"
            " it decodes; choose another measure, such as bound for the costs that it has"
        )
    return figures


def of_squared_error(subject: Subject) -> Mapping[str, float]:
    """Return the squared error of reconstructions."""
    s = subject
    figures = reconstruction_error(s.model, s.data, s.split, s.rows, watch=s.watch)
    if not figures:
        raise UserError(
            "--measure squared_error: this decoder draws one pixel after another, so p(x|z) has no"
            " mean that could be computed; choose another measure"
        )
    return figures


def usual(subject: Subject) -> Mapping[str, float]:
    """Return the run's own test again, and the squared error of reconstructions if it has one."""
    s = subject
    figures = _with_evidence(s)
    if not s.model.encodes or "squared_error" in figures:
        return figures
    return {**figures, **reconstruction_error(s.model, s.data, s.split, s.rows, watch=s.watch)}


def of_features(subject: Subject) -> Mapping[str, float]:
    """Return the accuracy of classifiers that are fitted to labelled training codes.

    Where labels are missing, also of labels that spread from those to the codes of the others.
    """
    train, test = _codes_to_classify(subject)
    probe = linear_probe(train, test)
    beside = _codes_beside(subject, len(train.z))
    spread = None if beside is None else label_spreading(_joined(train, beside), test)
    return {
        **probe.accuracy.figures("probe_accuracy"),
        "probe_strength": probe.strength,
        **nearest_neighbours(train, test).figures("knn_accuracy"),
        **support_vectors(train, test).figures("svm_accuracy"),
        **({} if spread is None else spread.figures("spreading_accuracy")),
        "probe_codes": len(train.z),
    }


MEASURES: Mapping[str, Measure] = {
    "bound": of_bound,
    "nll": of_evidence,
    "squared_error": of_squared_error,
    "features": of_features,
    "ais": of_ais,
    "decomposition": of_decomposition,
    "parzen": of_parzen,
    "samples": of_samples,
    "anomaly": of_anomaly,
    "disentanglement": of_disentanglement,
    "clusters": of_clusters,
}


def measured(subject: Subject, names: Sequence[str]) -> dict[str, Any]:
    """Return the figures of several measures, in the order of their names; none: the usual ones.

    Those of a part of the split have the number of their examples beside them.
    """
    figures: dict[str, Any] = {} if names else dict(usual(subject))
    for name in names:
        figures |= MEASURES[name](subject)
    return of_part(figures, len(subject.rows), len(subject.data.tables[subject.split]))


def require_classes(data: DataModule, what: str, instead: str) -> None:
    """Refuse data that a classifier cannot be fitted to.

    Arguments:
        data: loaded data.
        what: what asks for classes.
        instead: what to do without them.

    Raises:
        UserError: where there are no labels, or only one class.
    """
    y = data.tables["train"].y
    if y is None or len(y[y >= 0].unique()) < 2:
        found = "no labels" if y is None else "labels of one class only"
        raise UserError(f"{what}: the data have {found}: choose data with classes, or {instead}")


def _with_evidence(subject: Subject) -> dict[str, float]:
    """Return the bound, and −log p(x) where the model defines it."""
    s = subject
    return bound(s.model, s.data, s.split, s.rows, nll_samples=s.samples, watch=s.watch)


def _codes_to_classify(subject: Subject) -> tuple[Codes, Codes]:
    s = subject
    require_classes(s.data, "--measure features", "leave it out")
    y = s.data.tables["train"].y
    assert y is not None
    known = (y >= 0).nonzero().flatten().cpu()  # few, where only few keep their labels
    rows = known[chosen_rows(known, "train", s.training_codes, s.seed)]
    device = s.model.device
    train = encoded(s.model, s.data, "train", rows, device, s.watch).labelled()
    return train, encoded(s.model, s.data, s.split, s.rows, device, s.watch).labelled()


def _codes_beside(subject: Subject, labelled: int) -> Codes | None:
    """Return codes of unlabelled training examples, as many as make up the number asked for."""
    s = subject
    y = s.data.tables["train"].y
    assert y is not None
    unknown = (y < 0).nonzero().flatten().cpu()
    if (most := min(s.training_codes - labelled, len(unknown))) < 1:
        return None
    rows = unknown[chosen_rows(unknown, "train", most, s.seed)]
    return encoded(s.model, s.data, "train", rows, s.model.device, s.watch)


def _joined(one: Codes, other: Codes) -> Codes:
    assert one.y is not None
    assert other.y is not None
    return Codes(torch.cat([one.z, other.z]), torch.cat([one.y, other.y]))
