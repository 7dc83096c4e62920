"""Which charts a run asks for."""

import re

from aetrain.review.layout import layout_of

NAMES = ["train/elbo", "val/elbo", "train/elbo_se", "train/rate", "val/code_rate", "train/loss"]
NAMES += ["train/encoder_loss", "speed/examples_per_s", "speed/epoch"]


def drawn(pattern: object) -> list[str]:
    assert isinstance(pattern, list)
    (text,) = pattern[1]
    return [name for name in NAMES if re.match(text, name)]


def test_the_bound_then_each_term_then_players_and_speed() -> None:
    charts = layout_of(["distortion", "rate", "rate"])["costs"]
    names = ["elbo", "distortion", "rate", "losses of the players", "examples per second"]
    assert [*charts] == names
    assert drawn(charts["elbo"]) == ["train/elbo", "val/elbo"]
    assert drawn(charts["rate"]) == ["train/rate"]
    assert drawn(charts["losses of the players"]) == ["train/loss", "train/encoder_loss"]
    assert drawn(charts["examples per second"]) == ["speed/examples_per_s"]


def test_no_bound_without_a_rate() -> None:
    assert [*layout_of(["distortion", "a.b"])["costs"]][:2] == ["distortion", "a.b"]
