"""The spiral prior."""

import math

import pytest
import torch
from scipy import stats

from aetrain.errors import UserError
from aetrain.priors.swiss_roll import SwissRoll


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_draws_without_noise_lie_on_the_spiral() -> None:
    """r = R φ / 2πT, with φ found from r up to whole turns: the direction must agree."""
    z = SwissRoll((2,), radius=3.0, turns=2.5, noise=0.0).double()().sample((2000,))
    r = z.norm(dim=-1)
    assert r.max() <= 3
    angle = 2 * math.pi * 2.5 * r / 3
    torch.testing.assert_close(z, torch.stack([r * angle.cos(), r * angle.sin()], -1))
    # the area within r of a disc: u = (r / R)² is uniform
    assert stats.kstest((r / 3) ** 2, stats.uniform.cdf).pvalue > 1e-3


def test_noise_stays_near_the_curve() -> None:
    noise = 0.02
    z = SwissRoll((2,), noise=noise).double()().sample((2000,))
    w = torch.linspace(0, 1, 4001, dtype=torch.float64)
    angle = 2 * math.pi * 2 * w
    curve = 3 * torch.stack([w * angle.cos(), w * angle.sin()], -1)
    distance = torch.cdist(z, curve).min(-1).values
    # turns are 1.5 apart, 75 times the noise: what is left is the noise across the curve
    assert distance.max() < 5 * noise
    assert distance.square().mean().sqrt().item() == pytest.approx(noise, rel=0.1)


def test_it_has_draws_and_no_density() -> None:
    prior = SwissRoll((2,))
    assert not prior.has_density
    assert prior().rsample((2, 3)).shape == (2, 3, 2)
    with pytest.raises(UserError) as caught:
        prior().log_prob(torch.zeros(2))
    assert str(caught.value) == (
        "prior=swiss_roll can only be sampled, its density is not known:"
        " use prior=standard_normal where a density is needed"
    )


@pytest.mark.parametrize(
    ("latent", "option", "message"),
    [
        (3, {}, "prior=swiss_roll lies in the plane, but latent=3: use latent=2"),
        (2, {"radius": 0.0}, "prior.radius=0.0: must be above 0, such as 2.0"),
        (2, {"turns": -1.0}, "prior.turns=-1.0: must be above 0, such as 2.0"),
        (2, {"noise": -0.1}, "prior.noise=-0.1: must be 0 or more, such as 0.05"),
    ],
    ids=str,
)
def test_options_are_checked(latent: int, option: dict[str, float], message: str) -> None:
    with pytest.raises(UserError) as caught:
        SwissRoll((latent,), **option)
    assert str(caught.value) == message
