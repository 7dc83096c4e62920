from itertools import pairwise

import pytest
import torch

from aetrain.build import build_model
from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.models.ae import AE
from aetrain.networks.mlp import MLP
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.priors.standard_normal import StandardNormal
from tests.battery import config

EVENT, LATENT, B = (1, 8, 8), (3,), 5


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def parts(posterior: type = Delta) -> tuple[Conditional, Conditional, StandardNormal]:
    encoder = Conditional(MLP, posterior(LATENT), [EVENT])
    return encoder, Conditional(MLP, Gaussian(EVENT), [LATENT]), StandardNormal(LATENT)


def test_a_random_posterior_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        AE(*parts(DiagonalGaussian))
    assert str(caught.value) == (
        "model=ae encodes to a point, and posterior=diagonal_gaussian is random:"
        " use posterior=delta (its default), or model=vae"
    )


def test_a_random_posterior_from_the_command_line() -> None:
    with pytest.raises(UserError, match="model=ae encodes to a point"):
        build_model(config("model=ae", "posterior=diagonal_gaussian"), EVENT)


@pytest.mark.parametrize("samples", [0, 2])
def test_more_than_one_sample_is_refused(samples: int) -> None:
    with pytest.raises(UserError) as caught:
        AE(*parts(), samples=samples)
    assert str(caught.value) == (f"samples={samples}: model=ae encodes to a point; use samples=1")


def test_the_cost_is_half_the_squared_error_and_a_constant() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    costs = model.report({"x": x}).costs
    assert list(costs) == list(model.terms({"x": x})) == ["distortion"]
    error = (x - model.reconstruct(x)).square().sum((1, 2, 3))
    constant = 32 * torch.tensor(2 * torch.pi).log()
    torch.testing.assert_close(costs["distortion"], 0.5 * error + constant)


def test_nothing_is_random() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    one, other = (model.report({"x": x}) for _ in range(2))
    assert torch.equal(one.costs["distortion"], other.costs["distortion"])
    assert torch.equal(one.code, other.code)
    assert one.rates is None


def test_it_defines_no_evidence() -> None:
    assert AE(*parts()).log_prob(torch.rand(B, *EVENT), 10) is None


def test_its_player_does_not_move_the_prior() -> None:
    model = AE(*parts())
    (player,) = model.players().values()
    assert list(player.modules) == [model.encoder, model.decoder]


@pytest.mark.parametrize("hidden", [[20, 12, 8], [24, 20, 16, 12], [24, 20, 16, 12, 8]])
def test_deep_ones_are_trained_free_and_tied(hidden: list[int]) -> None:
    """A tied decoder has biases of its own and no weights; all parameters have gradients."""
    sizes = {}
    for network in ("mlp", "tied"):
        chosen = config("model=ae", f"network={network}", f"network.hidden={hidden}", "latent=3")
        model, x = build_model(chosen, EVENT), torch.rand(B, *EVENT)
        model.terms({"x": x})["distortion"].mean().backward()
        assert all(p.grad is not None and p.grad.any() for p in model.parameters())
        sizes[network] = sum(p.numel() for p in model.parameters())
    widths = [64, *hidden, 3]
    assert sizes["mlp"] - sizes["tied"] == sum(a * b for a, b in pairwise(widths))


def test_the_squared_error_is_that_of_the_mean() -> None:
    model, x = AE(*parts()), torch.rand(B, *EVENT)
    error = (x - model.reconstruct(x)).square().sum((1, 2, 3))
    torch.testing.assert_close(model.report({"x": x}).more["squared_error"], error)
