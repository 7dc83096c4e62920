"""All that a report of the study of limits tells of."""

from collections.abc import Sequence
from typing import NamedTuple, final

from aetrain.cli.comparing import Found
from aetrain.evaluation.limits.judge import Judge
from aetrain.evaluation.limits.side import Side
from aetrain.evaluation.limits.study import Examples, Study
from aetrain.evaluation.samples.features import Features


@final
class Measured(NamedTuple):
    """Two runs, by what they were judged, and what was found.

    Attributes:
        runs: where they are.
        sides: their models, in the same order.
        examples: of the test.
        study: what was found.
        judge: said the classes.
        features: in which density and coverage are.
        draws: random codes of each kind.
    """

    runs: Sequence[Found]
    sides: Sequence[Side]
    examples: Examples
    study: Study
    judge: Judge
    features: Features
    draws: int
