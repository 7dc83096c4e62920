"""The scales that are fixed, learned or computed."""

from typing import Any

import pytest
import torch

from aetrain.errors import UserError
from aetrain.likelihoods.discretized_logistic import DiscretizedLogistic
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.likelihoods.laplace import Laplace
from aetrain.likelihoods.negative_binomial import NegativeBinomial
from aetrain.likelihoods.positive import Positive
from aetrain.likelihoods.student_t import StudentT
from aetrain.likelihoods.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial

SPREAD = torch.tensor([0.03, 0.3, 3.0, 30.0])


def spread_out(n: int) -> torch.Tensor:
    torch.manual_seed(0)
    return 7 + SPREAD * torch.randn(n, 4)


@pytest.mark.parametrize("kind", [Gaussian, Laplace, StudentT])
@pytest.mark.parametrize("minimum", [0.0, 0.1])
def test_a_learned_scale_begins_at_the_spread_of_the_data(kind: Any, minimum: Any) -> None:
    key = "scale" if kind in (Laplace, StudentT) else "sigma"
    x = spread_out(1000)
    deviation = (x - x.mean(0)).abs()
    power = 2 if kind is Gaussian else 1
    whole, own = (deviation.pow(power).mean(dims).pow(1 / power) for dims in [(0, 1), (0,)])
    options: dict[str, Any] = {key: "shared", "minimum": minimum}
    shared = kind((4,), **options)
    shared.prepare(spread_out)
    torch.testing.assert_close(getattr(shared, key)(iter([])), whole, rtol=1e-4, atol=0)
    options[key] = "per_dimension"
    each = kind((4,), **options)
    each.prepare(spread_out)
    # what hardly varies begins at a tenth of the whole
    start = getattr(each, key)(iter([]))
    torch.testing.assert_close(start, own.clamp_min(0.1 * whole), rtol=1e-4, atol=0)


@pytest.mark.parametrize("sigma", [0.5, "decoder"])
def test_what_is_not_learned_is_left(sigma: Any) -> None:
    family = Gaussian((4,), sigma=sigma)
    family.prepare(spread_out)
    assert not family.state_dict()


def test_constant_data_leave_it_at_one() -> None:
    part = Positive((4,), "shared", "scale")
    part.begin(torch.full((10, 4), 0.3), 2)
    assert part(iter([])) == 1


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_a_spread_out_of_bounds_begins_within(size: float) -> None:
    part = Positive((4,), "per_dimension", "scale")
    part.begin(size * torch.randn(10, 4), 2)
    start = part(iter([]))
    assert start.isfinite().all()
    assert (start > 0).all()


MISTAKES = [
    (Laplace, {"scale": 0.0}, "scale=0.0: a fixed scale must be above 0, such as 1.0"),
    (
        Laplace,
        {"scale": "best"},
        "scale=best: choose a number above 0, or shared, per_dimension, decoder",
    ),
    (Laplace, {"minimum": -1.0}, "minimum=-1.0: must be 0 or more, such as 0.004"),
    (StudentT, {"df": -2.0}, "df=-2.0: a fixed df must be above 0, such as 1.0"),
    (
        StudentT,
        {"df": "x"},
        "df=x: choose a number above 0, or shared, per_dimension, decoder",
    ),
    (
        NegativeBinomial,
        {"dispersion": 0.0},
        "dispersion=0.0: a fixed dispersion must be above 0, such as 1.0",
    ),
    (
        ZeroInflatedNegativeBinomial,
        {"dispersion": "gene"},
        "dispersion=gene: choose a number above 0, or shared, per_dimension, decoder",
    ),
    (DiscretizedLogistic, {"levels": 1}, "levels=1: must be at least 2"),
]


@pytest.mark.parametrize(("kind", "options", "message"), MISTAKES)
def test_mistakes(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        kind((5,), **options)
    assert str(caught.value) == f"likelihood.{message}"


@pytest.mark.parametrize(
    ("family", "shape"),
    [
        (Laplace((3, 2)), (3, 2)),
        (Laplace((3, 2), scale="decoder"), (2, 3, 2)),
        (StudentT((3, 2), scale="decoder"), (2, 3, 2)),
        (StudentT((3, 2), scale=1.0, df="decoder"), (2, 3, 2)),
        (StudentT((3, 2), scale="decoder", df="decoder"), (3, 3, 2)),
        (NegativeBinomial((3, 2)), (3, 2)),
        (ZeroInflatedNegativeBinomial((3, 2)), (2, 3, 2)),
        (ZeroInflatedNegativeBinomial((3, 2), dispersion="decoder"), (3, 3, 2)),
    ],
)
def test_the_network_is_asked_for_what_it_computes(family: Any, shape: tuple[int, ...]) -> None:
    assert family.parameter_shape == shape
