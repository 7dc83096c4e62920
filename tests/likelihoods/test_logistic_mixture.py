import itertools
from typing import Any

import pytest
import torch

from aetrain.errors import UserError
from aetrain.likelihoods.discretized_logistic import DiscretizedLogistic
from aetrain.likelihoods.logistic_mixture import LogisticMixture


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_how_many_numbers_a_pixel_needs() -> None:
    for event, shape in [
        ((3, 5, 7), (100, 5, 7)),
        ((1, 5, 7), (30, 5, 7)),
        ((2, 5, 7), (60, 5, 7)),
        ((12,), (30, 12)),
        ((4, 6), (30, 4, 6)),
    ]:
        assert LogisticMixture(event).parameter_shape == shape


@pytest.mark.parametrize(("channels", "levels"), [(2, 8), (3, 4), (4, 3)])
@pytest.mark.parametrize("size", [0.3, 3.0, 100.0])
def test_the_masses_of_all_values_of_a_pixel_sum_to_one(
    channels: int, levels: int, size: float
) -> None:
    family = LogisticMixture((channels, 1, 1), mixtures=5, levels=levels)
    grid = torch.linspace(0, 1, levels, dtype=torch.float64).tolist()
    pixels = torch.tensor(list(itertools.product(grid, repeat=channels)), dtype=torch.float64)
    p = family(size * torch.randn(family.parameter_shape, dtype=torch.float64))
    masses = p.log_prob(pixels[:, :, None, None]).exp()
    assert masses.sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("event", [(7,), (1, 3, 4), (3, 4)], ids=str)
def test_one_component_and_one_channel_are_the_discretized_logistic(event: Any) -> None:
    mixture = LogisticMixture(event, mixtures=1, levels=16)
    single = DiscretizedLogistic(event, levels=16)
    raw = torch.randn(5, *mixture.parameter_shape, dtype=torch.float64)
    one, other = mixture(raw), single(raw[:, 1:].reshape(5, 2, *event))
    x = torch.randint(16, (5, *event)).double() / 15
    torch.testing.assert_close(one.log_prob(x), other.log_prob(x))
    torch.testing.assert_close(one.mean, other.mean)


def test_one_component_and_several_channels_are_a_product_of_conditionals() -> None:
    family = LogisticMixture((3, 2, 2), mixtures=1)
    raw = torch.randn(5, 10, 2, 2, dtype=torch.float64)
    x = torch.randint(256, (5, 3, 2, 2)).double() / 255
    red, green, _ = (2 * x - 1).unbind(1)
    loc, a = raw[:, 1:4].clone(), raw[:, 7:].tanh()
    loc[:, 1] += a[:, 0] * red
    loc[:, 2] += a[:, 1] * red + a[:, 2] * green
    whole = DiscretizedLogistic((3, 2, 2))(torch.stack([loc, raw[:, 4:7]], 1))
    torch.testing.assert_close(family(raw).log_prob(x), whole.log_prob(x))


def test_draws_of_a_pixel_follow_the_masses() -> None:
    family, n = LogisticMixture((3, 1, 1), mixtures=3, levels=3), 100_000
    p = family(torch.randn(family.parameter_shape, dtype=torch.float64))
    x = p.sample((n,))[:, :, 0, 0]
    grid = [0, 0.5, 1]
    pixels = torch.tensor(list(itertools.product(grid, repeat=3)), dtype=torch.float64)
    seen = (x[:, None] == pixels).all(-1).double().mean(0)
    masses = p.log_prob(pixels[:, :, None, None]).exp()
    assert ((seen - masses).abs() <= 5 * (masses / n).sqrt()).all()


def test_later_channels_follow_earlier_ones() -> None:
    """With a coefficient of 1 and no spread of their own, green and blue repeat red."""
    family = LogisticMixture((3, 4, 4), mixtures=1)
    raw = torch.zeros(1, 10, 4, 4)
    raw[:, 5:7] = -1e4
    raw[:, 7] = raw[:, 8] = 1e4
    x = family(raw).sample((50,))
    assert (x[:, :, 0] - x[:, :, 1]).abs().max() <= 1 / 255
    assert (x[:, :, 0] - x[:, :, 2]).abs().max() <= 1 / 255
    assert x.std() > 0.2


def test_the_mean_is_that_of_the_draws_where_little_lies_at_the_ends() -> None:
    family = LogisticMixture((3, 2, 2), mixtures=3)
    raw = 0.1 * torch.randn(family.parameter_shape, dtype=torch.float64)
    raw[3 + 9 : 3 + 18] -= 5  # the scales
    p, n = family(raw), 20_000
    x = p.sample((n,))
    assert ((x.mean(0) - p.mean).abs() <= 5 * x.std(0) / n**0.5 + 1e-3).all()


@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
def test_means_are_values_of_the_range(size: float) -> None:
    family = LogisticMixture((3, 2, 2))
    p = family(size * torch.randn(20, *family.parameter_shape))
    assert ((p.mean >= -1e-5) & (p.mean <= 1 + 1e-5)).all()
    if size == 0:
        torch.testing.assert_close(p.mean, torch.full((20, 3, 2, 2), 0.5))


def test_there_is_no_variance() -> None:
    with pytest.raises(NotImplementedError):
        _ = LogisticMixture((5,))(torch.zeros(30, 5)).variance


@pytest.mark.parametrize(
    ("options", "message"),
    [({"mixtures": 0}, "mixtures=0: must be at least 1"), ({"levels": 1}, "levels=1: must be")],
)
def test_mistakes(options: Any, message: str) -> None:
    with pytest.raises(UserError, match=rf"^likelihood\.{message}"):
        LogisticMixture((5,), **options)
