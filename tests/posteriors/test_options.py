"""What the posteriors refuse, and what they say."""

import re
from typing import Any

import pytest
import yaml

from aetrain.config.files import conf_files
from aetrain.errors import UserError, choice
from aetrain.posteriors.bernoulli import Bernoulli
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.posteriors.gumbel_softmax import GumbelSoftmax
from aetrain.posteriors.low_rank_gaussian import LowRankGaussian
from aetrain.posteriors.planar import Planar
from aetrain.posteriors.radial import Radial
from aetrain.posteriors.sylvester import Sylvester
from aetrain.posteriors.von_mises_fisher import VonMisesFisher
from aetrain.posteriors.wrapped_normal import WrappedNormal
from aetrain.spaces import Space
from aetrain.sparsity.kl import KL
from tests.battery import Case, cases

WRONG: list[tuple[Any, int, dict[str, Any], str]] = [
    (
        LowRankGaussian,
        5,
        {"rank": 0},
        "posterior.rank=0: must be at least 1; without shared directions,"
        " use posterior=diagonal_gaussian",
    ),
    (
        Delta,
        5,
        {"activation": "sigmoud"},
        "posterior.activation 'sigmoud' is not known: choose from relu, leaky_relu, elu, gelu,"
        " silu, softplus, tanh, sigmoid, identity. Did you mean 'sigmoid'?",
    ),
    (
        Delta,
        5,
        {"activation": "tanh", "sparsity": KL((5,))},
        "posterior.activation=tanh: sparsity=kl makes the code in its own way: use"
        " posterior.activation=identity, or sparsity=none",
    ),
    (Planar, 5, {"steps": 0}, "posterior.steps=0: must be at least 1"),
    (Radial, 5, {"steps": 0}, "posterior.steps=0: must be at least 1"),
    (Sylvester, 5, {"steps": 0}, "posterior.steps=0: must be at least 1"),
    (Sylvester, 5, {"width": 0}, "posterior.width=0: must be at least 1"),
    (Sylvester, 5, {"reflections": 0}, "posterior.reflections=0: must be at least 1"),
    (
        Sylvester,
        5,
        {"kind": "square"},
        "posterior.kind=square: choose orthogonal, householder, triangular",
    ),
    (VonMisesFisher, 1, {}, "latent=1: must be at least 2 with posterior=von_mises_fisher"),
    (
        VonMisesFisher,
        3,
        {"minimum": -1.0},
        "posterior.minimum=-1.0: must be 0 or more, such as 1.0",
    ),
    (
        GumbelSoftmax,
        1,
        {},
        "latent=1: must be at least 2 with posterior=gumbel_softmax, for 2 classes",
    ),
    (GumbelSoftmax, 6, {"classes": 1}, "posterior.classes=1: must be at least 2, or null"),
    (
        GumbelSoftmax,
        10,
        {"classes": 4},
        "posterior.classes=4: latent=10 must be a multiple of it, such as latent=12",
    ),
    (
        GumbelSoftmax,
        6,
        {"temperature": 0.0},
        "posterior.temperature=0.0: must be above 0, such as 0.67",
    ),
    (
        WrappedNormal,
        6,
        {"curvature": 0.0},
        "posterior.curvature=0.0: must be above 0, such as 1.0; for flat space use"
        " posterior=diagonal_gaussian",
    ),
]


@pytest.mark.parametrize(("family", "latent", "options", "message"), WRONG)
def test_refusals(family: Any, latent: int, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        family((latent,), **options)


@pytest.mark.parametrize("case", cases("posterior"))
def test_the_class_is_named_as_the_choice(case: Case) -> None:
    """Or as the choice that this one takes over and changes a key of."""
    file = conf_files() / "posterior" / f"{case.choice}.yaml"
    base = yaml.safe_load(file.read_text()).get("defaults", [])
    assert choice(case.make((6,))) in (case.choice, *base)


def test_spaces() -> None:
    expected = {
        Delta: Space.REAL,
        DiagonalGaussian: Space.REAL,
        Sylvester: Space.REAL,
        VonMisesFisher: Space.SPHERE,
        GumbelSoftmax: Space.SIMPLEX,
        Bernoulli: Space.BINARY,
        WrappedNormal: Space.BALL,
    }
    assert {family: family.space for family in expected} == expected


def test_sizes() -> None:
    assert LowRankGaussian((5,), rank=3).parameter_shape == (5, 5)
    assert Planar((5,), steps=2).parameter_shape == (32,)
    assert Radial((5,), steps=2).parameter_shape == (24,)
    assert GumbelSoftmax((6,), classes=3).parameter_shape == (6,)
    assert VonMisesFisher((5,)).parameter_shape == (6,)
    assert WrappedNormal((5,)).parameter_shape == (2, 5)
    # 10 and two steps of (1 + 3 · 2) for Q, 4 for the square, 2 + 2
    assert Sylvester((5,), steps=2, width=2).parameter_shape == (40,)
    assert Sylvester((5,), width=9).parameter_shape == Sylvester((5,), width=None).parameter_shape
    assert Sylvester((5,), steps=1, kind="triangular").parameter_shape == (45,)
    assert Sylvester((5,), steps=1, kind="householder", reflections=2).parameter_shape == (55,)
