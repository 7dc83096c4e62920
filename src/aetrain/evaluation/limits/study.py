"""The limits of a plain autoencoder that a variational one mends, measured on two runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.comparison.better import HIGHER, LOWER
from aetrain.comparison.difference import Difference
from aetrain.evaluation.codes import Watch
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.limits.claim import Claim, Evidence, evidence
from aetrain.evaluation.limits.evenness import area_unevenness, no_volume, shares, volume_variance
from aetrain.evaluation.limits.judge import Judge
from aetrain.evaluation.limits.quality import mean_of, quality
from aetrain.evaluation.limits.side import PRIOR, SOURCES, Side
from aetrain.evaluation.limits.spread import centring_and_spread, is_flat
from aetrain.evaluation.limits.walks import along, between, decoded, line, pairs_of
from aetrain.evaluation.samples.features import Features
from aetrain.seeding import SAMPLE, generator

PAIRS = 200
Judged = Callable[[Tensor], Mapping[str, Estimate]]
PIXELS = "pixels"
DECODES, CODES, AREAS, WALKS, BOTH_WALKS, NOISE = (
    "decodes", "codes", "areas", "walks", "both walks", "noise",
)  # fmt: skip
"""What the claims are about."""
ON_THE_WAY = {
    "middle": ("confidence in the middle", HIGHER),
    "lowest": ("lowest confidence between the ends", HIGHER),
    "lost": ("confidence lost from the ends to the middle", LOWER),
}
WORDS = {
    "confidence": "classifier's confidence",
    "density": "density, up to 1",
    "coverage": "coverage",
    "centre": "|mean| of codes",
    "log_scale": "log standard deviations, root mean square",
    "gaussian_kl": "KL of the codes' Gaussian to N(0, I), nats",
    "mmd": "MMD² of codes and N(0, I)",
}


@final
class Examples(NamedTuple):
    """What both models are judged by: examples as the data have them, not binarised by draws.

    Attributes:
        x: test examples (N, *event), float32 on the CPU, in a mixed order.
        y: their classes (N,).
        train: as many training examples, or fewer.
        classes: names.
    """

    x: Tensor
    y: Tensor
    train: Tensor
    classes: Sequence[str]


@final
@dataclass
class Study:
    """What was found, for a report.

    Attributes:
        claims: what was claimed, and the evidence.
        quality: of decodes of random codes, (side, source) -> figures; of noise and of data too.
        codes: side -> the four distances from N(0, I).
        areas: (side, source) -> the classes' shares, (K,).
        decodes: (side, source) -> decodes of random codes (N, *event).
        noise: noise in pixels.
        walks: way -> the steps (P, T, *event).
        confidences: way -> the confidence at each step (P, T).
    """

    claims: list[Claim] = field(default_factory=list)
    quality: dict[tuple[str, str], Mapping[str, Estimate]] = field(default_factory=dict)
    codes: dict[str, Mapping[str, Estimate]] = field(default_factory=dict)
    areas: dict[tuple[str, str], Tensor] = field(default_factory=dict)
    decodes: dict[tuple[str, str], Tensor] = field(default_factory=dict)
    noise: Tensor = field(default_factory=lambda: torch.zeros(0))
    walks: dict[str, Tensor] = field(default_factory=dict)
    confidences: dict[str, Tensor] = field(default_factory=dict)


def studied(
    plain: Side,
    variational: Side,
    examples: Examples,
    judge: Judge,
    features: Features,
    *,
    draws: int,
    watch: Watch = iter,
) -> Study:
    """Return the study of two models of one latent size on the same data.

    Arguments:
        plain: the autoencoder of points.
        variational: the one that is to mend its limits.
        examples: test examples, in the order of the sides' rows.
        judge: says the classes.
        features: in which density and coverage are measured.
        draws: random codes of each kind.
        watch: what the loop over the parts is passed through.
    """
    study, sides = Study(), (plain, variational)
    data = features.of(examples.x)

    def judged(x: Tensor) -> Mapping[str, Estimate]:
        return quality(judge, features, data, x)

    parts = (
        lambda: _decodes(study, sides, judged, draws),
        lambda: _codes(study, sides),
        lambda: _areas(study, sides, judge, examples),
        lambda: _walks(study, sides, judge, examples),
        lambda: _noise(study, sides, judged, examples, draws),
    )
    for part in watch(parts):
        part()
    study.quality["test examples", ""] = judged(examples.x)
    study.quality["training examples", ""] = judged(examples.train)
    return study


def _decodes(study: Study, sides: tuple[Side, Side], judged: Judged, draws: int) -> None:
    found: list[Evidence] = []
    for source in SOURCES:
        for side in sides:
            x = side.decoded(side.random(source, draws))
            study.decodes[side.name, source] = x
            study.quality[side.name, source] = judged(x)
        names = _names(sides)
        a, b = (study.quality[name, source] for name in names)
        found += [
            evidence(f"{WORDS[k]}, z ~ {source}", names, capped(k, a[k]), capped(k, b[k]), HIGHER)
            for k in a
        ]
    _, name = _names(sides)
    study.claims.append(Claim(DECODES, f"Decodes of random codes are better with {name}.", found))


def _codes(study: Study, sides: tuple[Side, Side]) -> None:
    for side in sides:
        z = side.tested[1]
        prior = side.random(PRIOR, len(z))
        study.codes[side.name] = centring_and_spread(z, prior, seed=side.seed)
    names = _names(sides)
    a, b = (study.codes[name] for name in names)
    reason = ", ".join(filter(None, map(_flat, sides)))
    found = [evidence(WORDS[k], names, a[k], b[k], reason=reason) for k in a]
    study.claims.append(
        Claim(CODES, f"Codes of {names[1]} are nearer to N(0, I) in centre and spread.", found)
    )


def _flat(side: Side) -> str:
    """Return that a side's codes have no volume, where that is so."""
    n, d = (z := side.tested[1]).shape
    return f"the {n} codes of {side.name} span fewer than {d} dimensions" if is_flat(z) else ""


def _areas(study: Study, sides: tuple[Side, Side], judge: Judge, examples: Examples) -> None:
    names, classes = _names(sides), len(examples.classes)
    seed = sides[0].seed
    volumes = [volume_variance(s.tested[0], examples.y, classes, seed=seed) for s in sides]
    why = dict.fromkeys(no_volume(s.tested[0], examples.y, examples.classes) for s in sides)
    found = [
        evidence("variance of the classes' log volumes, nats²", names, volumes[0], volumes[1],
                 reason=", ".join(filter(None, why)))
    ]  # fmt: skip
    for source in SOURCES:
        uneven = []
        for name in names:
            of_draws = judge.probabilities(study.decodes[name, source]).argmax(1)
            study.areas[name, source] = shares(of_draws, classes)
            uneven.append(area_unevenness(of_draws, classes, seed=seed))
        found.append(
            evidence(f"unevenness of the classes' areas, z ~ {source}", names, uneven[0], uneven[1])
        )
    study.claims.append(Claim(AREAS, f"The classes' areas are more even with {names[1]}.", found))


def _walks(study: Study, sides: tuple[Side, Side], judge: Judge, examples: Examples) -> None:
    pairs = pairs_of(examples.y, PAIRS, sides[0].seed)
    ends = examples.x[pairs]
    study.walks[PIXELS] = line(ends[:, 0], ends[:, 1])
    for side in sides:
        z = side.tested[0][pairs]
        study.walks[side.name] = decoded(side.decoded, line(z[:, 0], z[:, 1]))
    study.confidences |= {name: along(judge, ways) for name, ways in study.walks.items()}
    plain, name = _names(sides)
    study.claims += [
        Claim(WALKS, f"A walk in codes of {name} shows clearer classes than one in pixels.",
              _paired(study, PIXELS, name)),
        Claim(BOTH_WALKS, f"A walk in codes of {name} shows clearer classes than one in {plain}'s.",
              _paired(study, plain, name)),
    ]  # fmt: skip


def _paired(study: Study, a: str, b: str) -> list[Evidence]:
    """Return the evidence of the same pairs' two ways, whose differences have one error."""
    before, after = between(study.confidences[a]), between(study.confidences[b])
    return [
        Evidence(
            what,
            (a, b),
            mean_of(before[kind]),
            mean_of(after[kind]),
            way,
            Difference(*mean_of(after[kind] - before[kind])),
        )
        for kind, (what, way) in ON_THE_WAY.items()
    ]


def _noise(
    study: Study, sides: tuple[Side, Side], judged: Judged, examples: Examples, draws: int
) -> None:
    x = examples.x
    source = generator(SAMPLE, sides[0].seed, draws, 1)
    low, high = x.min(), x.max()
    study.noise = low + (high - low) * torch.rand(draws, *x.shape[1:], generator=source)
    of_noise = study.quality["noise in pixels", ""] = judged(study.noise)
    found: list[Evidence] = []
    for side in sides:
        of_decodes = study.quality[side.name, PRIOR]
        names = ("noise in pixels", f"{side.name}, decoded")
        found += [
            evidence(WORDS[k], names, capped(k, of_noise[k]), capped(k, of_decodes[k]), HIGHER)
            for k in ("confidence", "density")
        ]
    study.claims.append(
        Claim(
            NOISE, "Noise in codes, decoded, is nearer to data than uniform noise in pixels.", found
        )
    )


def capped(name: str, found: Estimate) -> Estimate:
    """Return a density of at most 1, and any other figure as it is.

    Samples that crowd where data are densest, as blurred images do, have a density above that of
    samples of the data's own distribution, 1: they are no better for it.
    """
    return Estimate(min(found.value, 1.0), found.error) if name == "density" else found


def _names(sides: tuple[Side, Side]) -> tuple[str, str]:
    return sides[0].name, sides[1].name
