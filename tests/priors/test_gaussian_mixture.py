"""The mixture prior: the ring's geometry, and one component as a Gaussian."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal

from aetrain.errors import UserError
from aetrain.families import soft_bound
from aetrain.priors.gaussian_mixture import GaussianMixture


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_the_rings_geometry() -> None:
    p = GaussianMixture((4,), components=8, layout="ring", radius=3.0, width=0.1)
    d = p()
    assert not list(p.parameters())
    torch.testing.assert_close(d.loc[:, :2].norm(dim=-1), torch.full((8,), 3.0))
    assert not d.loc[:, 2:].any()
    # neighbours, the last and the first too, are one side of the octagon apart
    sides = (d.loc - d.loc.roll(1, 0)).norm(dim=-1)
    torch.testing.assert_close(sides, torch.full((8,), 2 * 3.0 * math.sin(math.pi / 8)))
    torch.testing.assert_close(d.log_scale[:, :2].exp(), torch.full((8, 2), 0.1))
    assert not d.log_scale[:, 2:].any()
    torch.testing.assert_close(d.weights, torch.full((8,), 1 / 8))


def test_draws_lie_on_the_ring() -> None:
    d = GaussianMixture((3,), components=10, layout="ring", radius=4.0, width=0.05)()
    z = d.sample((5000,))
    nearest = torch.cdist(z[:, :2], d.loc[:, :2]).min(-1)
    assert nearest.values.max() < 0.05 * 5
    counts = nearest.indices.bincount(minlength=10)
    assert ((counts - 500).abs() < 5 * math.sqrt(500)).all()
    assert torch.equal(d.responsibilities(z).argmax(-1), nearest.indices)
    assert abs(z[:, 2].std().item() - 1) < 0.05


def test_one_learned_component_is_a_gaussian() -> None:
    prior = GaussianMixture((5,), components=1).double()
    with torch.no_grad():
        prior.raw_scale.copy_(torch.randn(1, 5))
    gaussian = Independent(Normal(prior.loc[0], soft_bound(prior.raw_scale[0], 10.0).exp()), 1)
    z = torch.randn(7, 5, dtype=torch.float64)
    torch.testing.assert_close(prior().log_prob(z), gaussian.log_prob(z))
    torch.testing.assert_close(prior().mean, gaussian.mean)
    torch.testing.assert_close(prior().variance, gaussian.variance)


def test_learned_means_begin_spread_with_equal_weights() -> None:
    prior = GaussianMixture((10,), components=500, spread=3.0)
    assert abs(prior.loc.std().item() - 3) < 0.1
    assert not prior().log_scale.any()
    torch.testing.assert_close(prior().weights, torch.full((500,), 1 / 500))
    assert {name for name, _ in prior.named_parameters()} == {"loc", "raw_scale", "logits"}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"components": 0}, "prior.components=0: must be at least 1"),
        ({"width": 0.0}, "prior.width=0.0: must be above 0, such as 1.0"),
        ({"radius": -1.0}, "prior.radius=-1.0: must be above 0, such as 1.0"),
        ({"spread": 0.0}, "prior.spread=0.0: must be above 0, such as 1.0"),
        ({"layout": "grid"}, "prior.layout=grid: choose learned or ring"),
        (
            {"layout": "ring"},
            "prior.layout=ring lies in a plane, but latent=1: use latent=2 or more, or"
            " prior.layout=learned",
        ),
    ],
    ids=str,
)
def test_options_are_checked(option: dict[str, float], message: str) -> None:
    with pytest.raises(UserError) as caught:
        GaussianMixture((1,), **option)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == message
