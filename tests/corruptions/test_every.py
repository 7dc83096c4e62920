"""Of every corruption: shapes, places of its noise, seeds, errors."""

import pytest
import torch

from aetrain.build import build_corruption
from aetrain.config.files import groups
from aetrain.corruptions.corruption import Corruption
from aetrain.errors import UserError
from aetrain.values import UNIT
from tests.battery import config

NAMES = [name for name in groups()["corruption"] if name != "none"]
SHAPES = [(3, 1, 8, 8), (3, 3, 5, 7), (3, 12), (3, 4, 6)]


def corruption(name: str, *overrides: str) -> Corruption:
    made = build_corruption(config(f"corruption={name}", *overrides)["corruption"], UNIT)
    assert made is not None
    return made


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_shape_and_type_and_leaves_x_alone(name: str, shape: tuple[int, ...]) -> None:
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = torch.rand(shape).to(dtype) + 0.5
        before = x.clone()
        noisy = corruption(name)(x)
        assert noisy.shape == x.shape
        assert noisy.dtype == dtype
        assert not noisy.equal(x)
        assert x.equal(before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_at_level_zero_it_does_nothing(name: str, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    assert corruption(name, "corruption.level=0")(x).equal(x)


@pytest.mark.parametrize("name", NAMES)
def test_its_draws_follow_the_global_seed(name: str) -> None:
    x, noise = torch.rand(4, 1, 8, 8) + 0.5, corruption(name)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(noise(x))
    assert draws[0].equal(draws[1])
    assert not draws[0].equal(draws[2])


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_corrupted_independently(name: str) -> None:
    noisy = corruption(name)(torch.full((1, 1, 8, 8), 0.5).expand(20, 1, 8, 8))
    assert len({tuple(x.flatten().tolist()) for x in noisy}) > 10


@pytest.mark.parametrize("level", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", NAMES)
def test_levels_out_of_range_are_refused(name: str, level: float) -> None:
    if name == "gaussian" and level > 1:
        corruption(name, f"corruption.level={level}")
        return
    with pytest.raises(UserError, match=rf"corruption\.level={level}: must be .* for {name}"):
        corruption(name, f"corruption.level={level}")


@pytest.mark.parametrize("name", NAMES)
def test_gradients_of_features_pass_through(name: str) -> None:
    """Of what is kept, so that layers below noisy features can be trained."""
    h = (torch.rand(200, 12) + 0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(corruption(name)(h).sum(), h)
    assert gradient.isfinite().all()
    assert (gradient != 0).double().mean() > 0.5
