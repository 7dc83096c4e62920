"""Parts of priors, one for each class."""

from typing import Any

import pytest
import torch
from scipy import stats

from aetrain.errors import UserError
from aetrain.priors.gaussian_mixture import GaussianMixture
from aetrain.priors.prior import Prior
from aetrain.priors.standard_normal import StandardNormal
from aetrain.priors.swiss_roll import SwissRoll

N = 4000
DIVIDED = [
    (lambda: GaussianMixture((3,), layout="ring", components=5), 5),
    (lambda: SwissRoll((2,), noise=0.02), 7),
]
every_division = pytest.mark.parametrize(("make", "parts"), DIVIDED)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@every_division
def test_draws_of_random_parts_are_draws_of_the_prior(make: Any, parts: int) -> None:
    prior: Prior = make()
    prior.require_parts(parts)
    z = prior.draw_parts(torch.randint(parts, (N,)), parts)
    assert z.shape == (N, *prior.event)
    whole = prior().sample((N,))
    for d in range(z.shape[1]):
        assert tuple(stats.ks_2samp(z[:, d], whole[:, d]))[1] > 1e-3


@every_division
def test_a_part_is_known_by_its_draws(make: Any, parts: int) -> None:
    prior: Prior = make()
    part = torch.randint(parts, (N,))
    found = prior.part_of(prior.draw_parts(part, parts), parts)
    assert (found == part).float().mean() > 0.95


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"prior=standard_normal has no parts.* use prior=ring"):
        StandardNormal((2,)).require_parts(3)
    ring = GaussianMixture((2,), layout="ring", components=5)
    with pytest.raises(UserError, match=r"prior\.components=5: must be 4"):
        ring.require_parts(4)
    with pytest.raises(UserError, match=r"weigh differently.* use prior=ring"):
        GaussianMixture((2,), components=5).require_parts(5)
