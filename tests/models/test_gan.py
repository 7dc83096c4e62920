"""The generative adversarial network on data whose distribution is known."""

import pytest
import torch

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.gan import GAN
from aetrain.planning import build_plan
from tests.battery import config
from tests.models.on_draws import train_on

LINE = ("model=gan", "likelihood=gaussian", "network.hidden=[]", "latent=1")


def built(*options: str, event: tuple[int, ...] = (1, 8, 8)) -> GAN:
    torch.manual_seed(0)
    model = build_model(config("model=gan", "network.hidden=[8]", "latent=3", *options), event)
    assert isinstance(model, GAN)
    return model


# with its usual gradient penalty a Wasserstein game goes round its goal; with R1 it goes there
R1 = ("adversary.r1=0.3",)


@pytest.mark.parametrize(
    ("loss", "steady"),
    [
        ("non_saturating", R1),
        ("least_squares", R1),
        ("hinge", R1),
        ("saturating", R1),
        ("wasserstein", (*R1, "adversary.gradient_penalty=0.01", "adversary.updates=1")),
    ],
)
def test_a_line_learns_the_mean_and_the_scale_of_a_normal(
    loss: str, steady: tuple[str, ...]
) -> None:
    """x = a + b z against N(2, 0.5²), seen by a discriminator of 32 hidden units."""
    own = ["optimizer.lr=0.01", "network.encoder.hidden=[32]", "network.activation=tanh"]
    chosen = config(*LINE, f"adversary={loss}", *steady, *own)
    torch.manual_seed(0)
    model, plan = build_model(chosen, (1,)), build_plan(chosen, "cpu")
    train_on(model, plan, 2 + 0.5 * torch.randn(1200, 200, 1))
    with torch.no_grad():
        fakes = model.sample(4000).mean
    assert fakes.mean().item() == pytest.approx(2, abs=0.15)
    assert fakes.std().item() == pytest.approx(0.5, abs=0.12)


def test_the_discriminator_moves_first() -> None:
    assert list(built().players()) == ["discriminator", "generator"]


def test_what_it_is_not_used_for_is_not_trained() -> None:
    scale = built("likelihood=gaussian", "likelihood.sigma=shared")
    assert not any(p.requires_grad for p in scale.decoder.family.parameters())
    drawn = built("likelihood=gaussian", "likelihood.sigma=shared", "model.draws=true")
    assert all(p.requires_grad for p in drawn.decoder.family.parameters())
    learned = built("prior=gaussian_mixture")
    assert not any(p.requires_grad for p in learned.prior.parameters())


def test_draws_are_shown_where_asked() -> None:
    model = built("likelihood=gaussian", "model.draws=true")
    x = model.fakes(2000)
    assert x.requires_grad
    assert x.std().item() > 0.9  # of the likelihood's scale, 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["posterior=delta"], "posterior: model=gan has its own.*use posterior=diagonal_gaussian"),
        (["objective=elbo"], "objective: model=gan has its own.*use objective=reconstruction"),
        (["objective=geco"], "objective: model=gan has its own"),
        (
            ["prior=vamp"],
            "prior=vamp is made of the encoder, and model=gan wants one.*: use prior=",
        ),
        (["network=pixelcnn", "network.hidden=[4]"], "passes gradients through.*use network=conv"),
        (["network=tied"], "network=tied decodes with the weights.*use network=mlp"),
        (["likelihood=poisson", "model.draws=true"], "draws of likelihood=.* have no gradient"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
