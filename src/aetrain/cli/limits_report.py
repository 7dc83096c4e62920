"""The page of the study of limits, and the same for TensorBoard."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, final

import torch
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.cli.comparing import Found
from aetrain.cli.shown import number
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.limits.claim import ERRORS, Claim, Evidence, Verdict
from aetrain.evaluation.limits.evenness import shares
from aetrain.evaluation.limits.judge import Judge
from aetrain.evaluation.limits.side import OWN, PRIOR, SOURCES, Side
from aetrain.evaluation.limits.study import Examples, Study
from aetrain.evaluation.samples.features import Features
from aetrain.figures.along import along_ways
from aetrain.figures.areas import class_areas
from aetrain.figures.grid import grid_codes
from aetrain.figures.plane import plane
from aetrain.figures.projection import project
from aetrain.figures.rows import named_rows
from aetrain.figures.shares import share_bars
from aetrain.figures.spectrum import spectrum
from aetrain.figures.tiles import is_image
from aetrain.page import Cell, Page

IMAGES = 14
WALKS = 3
PARTS = 50
"""Parts of the prior's mass in a direction of the map of classes."""
TAG = "limits"
FOLDER = "compare"
KINDS = {
    Verdict.SUPPORTED: "yes",
    Verdict.CONTRADICTED: "no",
    Verdict.OPEN: "open",
    Verdict.UNMEASURED: "open",
}


@final
class Report(NamedTuple):
    """All that the page tells of."""

    runs: Sequence[Found]
    sides: Sequence[Side]
    examples: Examples
    study: Study
    judge: Judge
    features: Features
    draws: int


def page_of(report: Report) -> tuple[Page, dict[str, Figure]]:
    """Return the page, and its figures by name."""
    page, study = Page("The limits of an autoencoder that a variational one mends"), report.study
    figures: dict[str, Figure] = {}
    page.points(f"{s.name}: {r.path}" for s, r in zip(report.sides, report.runs))
    page.paragraph(method(report))
    page.heading("What the numbers say")
    page.table(
        ["claim", "verdict"],
        ([Cell(c.sentence, "words"), Cell(c.verdict, _colour(c))] for c in study.claims),
    )
    for claim, add in zip(study.claims, (_decodes, _codes, _areas, _walks, None, _noise)):
        page.heading(claim.sentence)
        page.paragraph(f"{claim.verdict[:1].upper()}{claim.verdict[1:]}.")
        page.table(*evidence_table(claim))
        if add is not None:
            drawn = add(report)
            figures |= {name: figure for name, figure, _ in drawn}
            page.pictures((figure, caption) for _, figure, caption in drawn)
    page.heading("Images, beside data and noise")
    page.table(*quality_table(study))
    return page, figures


def method(report: Report) -> str:
    """Return how it was measured, in one paragraph."""
    n, classes = len(report.examples.x), len(report.examples.classes)
    sure = report.study.quality["test examples", ""]["confidence"]
    right = report.judge.probabilities(report.examples.x).argmax(1) == report.examples.y
    return (
        f"{n} test examples of {classes} classes and {report.draws} random codes of each kind, seed"
        f" {report.sides[0].seed}, the same for both. Classes and confidences are those of"
        f" {report.judge.name}: right on {right.double().mean():.1%} of the test examples, with a"
        f" mean confidence of {sure.value:.3f}; of one that is sure of everything it says little."
        f" Density and coverage are in {report.features.name}. Decodes are means of p(x|z), data"
        " are grey as in the files. ± is one standard error, over draws, examples or bootstrap"
        f" resamples; a measure decides where the difference reaches {ERRORS:g} of its own. It does"
        " not cover training again with another seed, and of many measures one in twenty reaches"
        " it by chance."
    )


def evidence_table(claim: Claim) -> tuple[list[str], list[list[str | Cell]], str]:
    """Return heads, rows and caption of a claim's table."""
    return (
        ["measure", "expected worse", "expected better", "difference", "in errors", "this measure"],
        [_evidence(e) for e in claim.evidence],
        "",
    )


def quality_table(study: Study) -> tuple[list[str], list[list[str | Cell]], str]:
    """Return heads, rows and caption of the table of all images."""
    rows: list[list[str | Cell]] = [
        [", z ~ ".join(filter(None, key)), *map(_estimate, found.values())]
        for key, found in study.quality.items()
    ]
    return (
        ["images", "confidence", "density", "coverage"],
        rows,
        "Test examples lie in balls of their own, so their density is above that of other"
        " examples; training examples are what perfect samples would be.",
    )


def markdown(report: Report) -> str:
    """Return claims and tables as Markdown, for TensorBoard's page of texts."""
    parts = [method(report)]
    for claim in report.study.claims:
        parts.append(f"## {claim.sentence}\n\n{claim.verdict}")
        parts.append(_markdown_table(*evidence_table(claim)[:2]))
    parts.append(_markdown_table(*quality_table(report.study)[:2]))
    return "\n\n".join(parts)


def write_summaries(folder: Path, report: Report, figures: dict[str, Figure]) -> Path:
    """Write figures and text to `compare/` for TensorBoard, in the place of older ones."""
    from torch.utils.tensorboard.writer import SummaryWriter

    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        with SummaryWriter(str(part)) as writer:
            writer.add_text(f"{TAG}/claims", markdown(report))
            for name, figure in figures.items():
                writer.add_figure(f"{TAG}/{name}", figure, close=False)
        for old in place.glob("events.out.tfevents.*"):
            old.unlink()
        for new in part.iterdir():
            os.replace(new, place / new.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place


Drawn = list[tuple[str, Figure, str]]
"""Name, figure, caption."""


def _decodes(report: Report) -> Drawn:
    study, x = report.study, report.examples.x
    if not is_image(x.shape[1:]):
        return []
    rows = {"test examples": x[:IMAGES]}
    rows |= {f"{name}, {source}": d[:IMAGES] for (name, source), d in study.decodes.items()}
    words = (
        f"{PRIOR}: z ~ N(0, I), the same z for both. {OWN}: z from the Gaussian of the mean and"
        " covariance of the model's own training codes."
    )
    return [("random_codes", named_rows(rows, title="decodes of random codes"), words)]


def _codes(report: Report) -> Drawn:
    drawn: Drawn = []
    for side in report.sides:
        codes = side.tested[1]
        wide = codes.shape[1] > 2
        points, explained = project(codes.float()) if wide else (codes.float(), None)
        figure = plane(
            points, report.examples.y, classes=report.examples.classes, explained=explained,
            title=side.name, prior=not wide,
        )  # fmt: skip
        told = "principal axes, centred" if wide else "circles: one and two deviations of N(0, I)"
        drawn.append((f"codes_{side.name}", figure, f"codes of the test examples; {told}"))
    deviations = {s.name: torch.linalg.eigvalsh(_covariance(s)).clamp_min(0).sqrt()
                  for s in report.sides}  # fmt: skip
    figure = spectrum(deviations, title="spread of codes")
    drawn.append(("spread", figure, "standard deviations of the codes of the test examples along"
                  " their principal axes; 1 is the prior's"))  # fmt: skip
    return drawn


def _areas(report: Report) -> Drawn:
    names, k = report.examples.classes, len(report.examples.classes)
    drawn: Drawn = []
    for source in SOURCES:
        found = {s.name: report.study.areas[s.name, source] for s in report.sides}
        found["test examples"] = shares(report.examples.y, k)
        figure = share_bars(found, names, title=f"areas of the classes, z ~ {source}")
        words = "share of random codes whose decode is of the class, as the classifier says"
        drawn.append((f"areas_{source.split()[0]}", figure, words))
    if report.sides[0].model.latent.numel() != 2:
        return drawn
    for source in SOURCES:
        for side in report.sides:
            p = report.judge.probabilities(side.decoded(_grid(side, source)))
            sure, found = p.max(1)
            figure = class_areas(found, sure, names, title=f"{side.name}, z ~ {source}")
            words = f"class of the decode, over equal parts of the mass of the {source}"
            drawn.append((f"map_{side.name}_{source.split()[0]}", figure, words))
    return drawn


def _walks(report: Report) -> Drawn:
    study = report.study
    figure = along_ways(study.confidences, title="on the way between two examples",
                        name="classifier's confidence")  # fmt: skip
    words = (f"mean over {len(study.walks[report.sides[0].name])} pairs of test examples of"
             " different classes; in codes the ends are reconstructions")  # fmt: skip
    drawn: Drawn = [("walks_confidence", figure, words)]
    if is_image(report.examples.x.shape[1:]):
        for i in range(min(WALKS, len(study.confidences[report.sides[0].name]))):
            rows = {name: ways[i] for name, ways in study.walks.items()}
            drawn.append((f"walk_{i}", named_rows(rows, title=""), f"pair {i + 1}"))
    return drawn


def _noise(report: Report) -> Drawn:
    if not is_image(report.examples.x.shape[1:]):
        return []
    rows = {"pixels": report.study.noise[:IMAGES]}
    rows |= {s.name: report.study.decodes[s.name, PRIOR][:IMAGES] for s in report.sides}
    words = "pixels: uniform over the range of the data; others: decodes of z ~ N(0, I)"
    return [("noise", named_rows(rows, title="noise in pixels and in codes"), words)]


def _grid(side: Side, source: str) -> Tensor:
    z = grid_codes(PARTS).double()
    mean, root = side.own
    return mean + z @ root.T if source == OWN else z


def _covariance(side: Side) -> Tensor:
    from aetrain.evaluation.limits.spread import moments

    return moments(side.tested[1])[1]


def _evidence(e: Evidence) -> list[str | Cell]:
    return [
        Cell(e.measure, "words", f"{e.way} is better"),
        Cell(_estimate(e.a), note=e.names[0]),
        Cell(_estimate(e.b), note=e.names[1]),
        f"{e.gap.value:+.3g} ± {number(e.gap.error)}",
        f"{e.gap.in_errors:+.1f}",
        Cell(e.verdict.value, KINDS[e.verdict]),
    ]


def _estimate(found: Estimate) -> str:
    return f"{number(found.value)} ± {number(found.error)}"


def _colour(claim: Claim) -> str:
    return {True: "yes", False: "no", None: "open"}[claim.holds]


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(cell: str | Cell) -> str:
    text = (
        cell if isinstance(cell, str) else f"{cell.text} ({cell.note})" if cell.note else cell.text
    )
    return text.replace("|", "\\|")
