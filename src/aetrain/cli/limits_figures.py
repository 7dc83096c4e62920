"""The pictures of the study of limits."""

from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.cli.limits_measured import Measured
from aetrain.evaluation.limits.evenness import shares
from aetrain.evaluation.limits.side import OWN, PRIOR, SOURCES, Side
from aetrain.evaluation.limits.spread import moments
from aetrain.evaluation.limits.study import AREAS, CODES, DECODES, NOISE, PIXELS, WALKS
from aetrain.figures.along import along_ways
from aetrain.figures.areas import class_areas
from aetrain.figures.grid import grid_codes
from aetrain.figures.plane import plane
from aetrain.figures.projection import project
from aetrain.figures.rows import named_rows
from aetrain.figures.shares import share_bars
from aetrain.figures.spectrum import spectrum
from aetrain.figures.tiles import is_image

IMAGES = 14
PAIRS = 3
PARTS = 50
"""Parts of the prior's mass in a direction of the map of classes."""

Drawn = list[tuple[str, Figure, str]]
"""Name, figure, caption."""


def pictures_of(topic: str, measured: Measured) -> Drawn:
    """Return the pictures that belong to a claim's topic; those of images only where there are."""
    draw = PICTURES.get(topic)
    return [] if draw is None else draw(measured)


def _decodes(measured: Measured) -> Drawn:
    study, x = measured.study, measured.examples.x
    if not is_image(x.shape[1:]):
        return []
    rows = {"test examples": x[:IMAGES]}
    rows |= {f"{name}, {source}": d[:IMAGES] for (name, source), d in study.decodes.items()}
    words = (
        f"{PRIOR}: z ~ N(0, I), the same z for both. {OWN}: z from the Gaussian of the mean and"
        " covariance of the model's own training codes."
    )
    return [("random_codes", named_rows(rows, title="decodes of random codes"), words)]


def _codes(measured: Measured) -> Drawn:
    drawn: Drawn = []
    for side in measured.sides:
        codes = side.tested[1]
        wide = codes.shape[1] > 2
        points, explained = project(codes.float()) if wide else (codes.float(), None)
        figure = plane(
            points, measured.examples.y, classes=measured.examples.classes, explained=explained,
            title=f"codes of {side.name}", prior=not wide,
        )  # fmt: skip
        told = "principal axes, centred" if wide else "circles: one and two deviations of N(0, I)"
        drawn.append((f"codes_{side.name}", figure, f"codes of the test examples; {told}"))
    deviations = {s.name: torch.linalg.eigvalsh(moments(s.tested[1])[1]).clamp_min(0).sqrt()
                  for s in measured.sides}  # fmt: skip
    figure = spectrum(deviations, title="spread of codes")
    drawn.append(("spread", figure, "standard deviations of the codes of the test examples along"
                  " their principal axes; 1 is the prior's"))  # fmt: skip
    return drawn


def _areas(measured: Measured) -> Drawn:
    names, k = measured.examples.classes, len(measured.examples.classes)
    drawn: Drawn = []
    for source in SOURCES:
        found = {s.name: measured.study.areas[s.name, source] for s in measured.sides}
        found["test examples"] = shares(measured.examples.y, k)
        figure = share_bars(found, names, title=f"areas of the classes, z ~ {source}")
        words = "share of random codes whose decode is of the class, as the classifier says"
        drawn.append((f"areas_{source.split()[0]}", figure, words))
    if measured.sides[0].model.latent.numel() != 2:
        return drawn
    for source in SOURCES:
        for side in measured.sides:
            p = measured.judge.probabilities(side.decoded(_grid(side, source)))
            sure, found = p.max(1)
            figure = class_areas(found, sure, names, title=f"{side.name}, z ~ {source}")
            words = f"class of the decode, over equal parts of the mass of the {source}"
            drawn.append((f"map_{side.name}_{source.split()[0]}", figure, words))
    return drawn


def _walks(measured: Measured) -> Drawn:
    study = measured.study
    # in the order of the other pictures, so that a model has one colour on all of them
    confidences = {name: study.confidences[name] for name in (*_names(measured), PIXELS)}
    figure = along_ways(confidences, title="on the way between two examples",
                        name="classifier's confidence")  # fmt: skip
    words = (f"mean over {len(study.walks[measured.sides[0].name])} pairs of test examples of"
             " different classes; in codes the ends are reconstructions")  # fmt: skip
    drawn: Drawn = [("walks_confidence", figure, words)]
    if is_image(measured.examples.x.shape[1:]):
        words = "the way between two test examples, in pixels and, decoded, in codes"
        for i in range(min(PAIRS, len(study.confidences[measured.sides[0].name]))):
            rows = {name: ways[i] for name, ways in study.walks.items()}
            drawn.append((f"walk_{i}", named_rows(rows, title=f"pair {i + 1}"), words))
    return drawn


def _noise(measured: Measured) -> Drawn:
    if not is_image(measured.examples.x.shape[1:]):
        return []
    rows = {"pixels": measured.study.noise[:IMAGES]}
    rows |= {s.name: measured.study.decodes[s.name, PRIOR][:IMAGES] for s in measured.sides}
    words = "pixels: uniform over the range of the data; others: decodes of z ~ N(0, I)"
    return [("noise", named_rows(rows, title="noise in pixels and in codes"), words)]


def _names(measured: Measured) -> list[str]:
    return [side.name for side in measured.sides]


def _grid(side: Side, source: str) -> Tensor:
    z = grid_codes(PARTS).double()
    mean, root = side.own
    return mean + z @ root.T if source == OWN else z


PICTURES: Mapping[str, Callable[[Measured], Drawn]] = {
    DECODES: _decodes,
    CODES: _codes,
    AREAS: _areas,
    WALKS: _walks,
    NOISE: _noise,
}
