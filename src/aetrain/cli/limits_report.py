"""The page of the study of limits, and its words and tables as Markdown."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from aetrain.cli.limits_figures import pictures_of
from aetrain.cli.limits_measured import Measured
from aetrain.cli.shown import with_error
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.limits.claim import ERRORS, Claim, Evidence, Verdict
from aetrain.evaluation.limits.study import Study
from aetrain.page import Cell, Page

KINDS = {
    Verdict.SUPPORTED: "yes",
    Verdict.CONTRADICTED: "no",
    Verdict.OPEN: "open",
    Verdict.UNMEASURED: "open",
}


def page_of(measured: Measured) -> tuple[Page, dict[str, Figure]]:
    """Return the page, and its figures by name."""
    page, study = Page("The limits of an autoencoder that a variational one mends"), measured.study
    figures: dict[str, Figure] = {}
    page.points(f"{s.name}: {r.path}" for s, r in zip(measured.sides, measured.runs))
    page.paragraph(method(measured))
    page.heading("What the numbers say")
    page.table(
        ["claim", "verdict"],
        ([Cell(c.sentence, "words"), Cell(c.verdict, _colour(c))] for c in study.claims),
    )
    for claim in study.claims:
        page.heading(claim.sentence)
        page.paragraph(f"{claim.verdict[:1].upper()}{claim.verdict[1:]}.")
        page.table(*evidence_table(claim))
        drawn = pictures_of(claim.topic, measured)
        figures |= {name: figure for name, figure, _ in drawn}
        page.pictures((figure, caption) for _, figure, caption in drawn)
    page.heading("Images, beside data and noise")
    page.table(*quality_table(study))
    return page, figures


def method(measured: Measured) -> str:
    """Return how it was measured, in one paragraph."""
    n, classes = len(measured.examples.x), len(measured.examples.classes)
    sure, of_noise = (
        measured.study.quality[kind, ""]["confidence"].value
        for kind in ("test examples", "noise in pixels")
    )
    right = measured.judge.probabilities(measured.examples.x).argmax(1) == measured.examples.y
    return (
        f"{n} test examples of {classes} classes and {measured.draws} random codes of each kind,"
        f" seed {measured.sides[0].seed}, the same for both. Classes and confidences are those of"
        f" {measured.judge.name}: right on {right.double().mean():.1%} of the test examples, with a"
        f" mean confidence of {sure:.3f}, and of noise with {of_noise:.3f}: a classifier that is"
        " sure of everything says little."
        f" Features of density and coverage: {measured.features.name}. Decodes are means of p(x|z),"
        " and examples are as in the files, not binarised by draws. ± is one standard error, over"
        " draws, examples or bootstrap resamples; a measure decides where the difference reaches"
        f" {ERRORS:g} of its own. That does not cover training again with another seed, and where"
        " nothing differs one measure in twenty decides by chance."
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


def markdown(measured: Measured) -> str:
    """Return claims and tables as Markdown, for TensorBoard's page of texts."""
    parts = [method(measured)]
    for claim in measured.study.claims:
        parts.append(f"## {claim.sentence}\n\n{claim.verdict}")
        parts.append(_markdown_table(*evidence_table(claim)[:2]))
    parts.append(_markdown_table(*quality_table(measured.study)[:2]))
    return "\n\n".join(parts)


def _evidence(e: Evidence) -> list[str | Cell]:
    return [
        Cell(e.measure, "words", f"{e.way} is better"),
        Cell(_estimate(e.a), note=e.names[0]),
        Cell(_estimate(e.b), note=e.names[1]),
        with_error(*e.gap, sign=True),
        _in_errors(e),
        Cell(e.told, KINDS[e.verdict]),
    ]


def _in_errors(e: Evidence) -> str:
    return "-" if math.isnan(e.gap.in_errors) else f"{e.gap.in_errors:+.1f}"


def _estimate(found: Estimate) -> str:
    return with_error(*found)


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
