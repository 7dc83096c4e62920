"""What the simple priors refuse, and the spaces that they lie on."""

from typing import Any

import pytest

from aetrain.errors import UserError
from aetrain.priors.bernoulli import Bernoulli
from aetrain.priors.categorical import Categorical
from aetrain.priors.hypersphere import Hypersphere
from aetrain.priors.laplace import Laplace
from aetrain.priors.student_t import StudentT
from aetrain.priors.uniform import Uniform
from aetrain.priors.wrapped_normal import WrappedNormal
from aetrain.spaces import Space


@pytest.mark.parametrize(
    ("prior", "latent", "option", "message"),
    [
        (Bernoulli, 2, {"p": 1.0}, "prior.p=1.0: must be between 0 and 1, such as 0.5"),
        (Categorical, 1, {}, "latent=1: prior=categorical needs 2 classes at least; use 2"),
        (
            Categorical,
            4,
            {"classes": 1},
            "prior.classes=1: prior=categorical needs 2 classes at least; use 2",
        ),
        (
            Categorical,
            8,
            {"classes": 3},
            "prior.classes=3 does not divide latent=8: use a multiple, such as latent=9",
        ),
        (
            Categorical,
            4,
            {"temperature": 0.0},
            "prior.temperature=0.0: must be above 0, such as 0.5",
        ),
        (
            Hypersphere,
            1,
            {},
            "prior=hypersphere needs 2 dimensions at least, but latent=1: use latent=3",
        ),
        (Laplace, 2, {"scale": 0.0}, "prior.scale=0.0: must be above 0, such as 1.0"),
        (StudentT, 2, {"df": 0.0}, "prior.df=0.0: must be above 0, such as 1.0"),
        (StudentT, 2, {"scale": -1.0}, "prior.scale=-1.0: must be above 0, such as 1.0"),
        (
            Uniform,
            2,
            {"low": 1.0, "high": 1.0},
            "prior.low=1.0, prior.high=1.0: low must be below high, such as -1 and 1",
        ),
        (
            WrappedNormal,
            2,
            {"curvature": 0.0},
            "prior.curvature=0.0: must be above 0, such as 1.0",
        ),
        (WrappedNormal, 2, {"scale": -1.0}, "prior.scale=-1.0: must be above 0, such as 1.0"),
        (
            WrappedNormal,
            200,
            {},
            "prior.curvature=1.0: with latent=200 and prior.scale=1.0 draws lie where float32"
            " cannot tell them from the edge of the ball; it must be lower, such as 0.25",
        ),
    ],
    ids=str,
)
def test_options_are_checked(
    prior: Any, latent: int, option: dict[str, float], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        prior((latent,), **option)
    assert str(caught.value) == message


def test_spaces() -> None:
    assert Bernoulli((2,)).space is Space.BINARY
    assert Categorical((2,)).space is Space.SIMPLEX
    assert Hypersphere((2,)).space is Space.SPHERE
    assert Uniform((2,)).space is Space.BOX
    assert WrappedNormal((2,)).space is Space.BALL
    assert Laplace((2,)).space is StudentT((2,)).space is Space.REAL


def test_classes_divide_the_latent() -> None:
    assert Categorical((12,)).logits.shape == (1, 12)
    assert Categorical((12,), classes=3).logits.shape == (4, 3)


def test_a_whole_number_will_do_for_a_real_one() -> None:
    prior = Uniform((2,), low=0, high=1)
    assert prior().sample((3,)).shape == (3, 2)
