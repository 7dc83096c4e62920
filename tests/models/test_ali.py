"""Adversarially learned inference: what is real, what is fake, and who pays for which."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.ali import ALI
from aetrain.planning import build_plan
from tests.battery import config

EVENT, B = (1, 4, 4), 6
SMALL = ("model=ali", "network.hidden=[8]", "latent=3", "model.hidden=[16]", "model.features=8")


def built(*options: str) -> ALI:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), EVENT).double()
    assert isinstance(model, ALI)
    return model


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).double()}


def test_pairs_of_the_encoder_are_real_and_of_the_generator_fake() -> None:
    model, data = built(), batch()
    torch.manual_seed(2)
    terms = model.discrimination(data)
    torch.manual_seed(2)
    z, drawn = model.encoder(data["x"]).sample(), model.prior().sample((B,)).double()
    real = model.discriminator(data["x"], z)
    fake = model.discriminator(model.decoder(drawn).mean, drawn)
    torch.testing.assert_close(terms["real"], softplus(-real))
    torch.testing.assert_close(terms["fake"], softplus(fake))


@pytest.mark.parametrize("loss", ["non_saturating", "hinge", "least_squares"])
def test_encoder_and_generator_each_want_to_be_taken_for_the_other(loss: str) -> None:
    model, data = built(f"adversary={loss}"), batch()
    torch.manual_seed(2)
    terms = model.terms(data)
    torch.manual_seed(2)
    z, drawn = model.encoder(data["x"]).rsample(), model.prior().sample((B,)).double()
    real = model.discriminator(data["x"], z)
    fake = model.discriminator(model.decoder(drawn).mean, drawn)
    of_fake, of_real = {
        "non_saturating": (softplus(-fake), softplus(real)),
        "hinge": (-fake, real),
        "least_squares": (0.5 * (fake - 1).square(), 0.5 * real.square()),
    }[loss]
    torch.testing.assert_close(terms["adversarial"], of_fake)
    torch.testing.assert_close(terms["encoder_adversarial"], of_real)


@pytest.mark.parametrize("loss", ["non_saturating", "saturating", "hinge", "wasserstein"])
def test_a_step_of_the_encoder_lowers_the_marks_of_its_pairs(loss: str) -> None:
    model, data = built(f"adversary={loss}"), batch()

    def given() -> tuple[Tensor, Tensor]:
        torch.manual_seed(2)
        term = model.terms(data)["encoder_adversarial"]
        assert isinstance(term, Tensor)
        torch.manual_seed(2)
        z = model.encoder(data["x"]).rsample()
        return term.mean(), model.discriminator(data["x"], z).mean().detach()

    own, (cost, before) = list(model.encoder.parameters()), given()
    gradients = torch.autograd.grad(cost, own)
    with torch.no_grad():
        for parameter, gradient in zip(own, gradients, strict=True):
            parameter -= 0.01 * gradient
    assert given()[1] < before


def test_reconstruction_is_a_figure_unless_it_is_given_a_weight() -> None:
    assert list(built().players()) == ["discriminator", "autoencoder"]
    assert built().players()["autoencoder"].weights == {"distortion": 0.0}
    assert build_plan(config("model=ali"), "cpu").weights == {"distortion": 0.0}
    report = built().report(batch())
    assert list(report.costs) == ["distortion"]
    assert set(report.more) == {"code_mmd", "data_mmd"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["samples=2"], "samples=2: model=ali draws one code; use samples=1"),
        (["objective=elbo"], "objective: model=ali has its own"),
        (["network=pixelcnn", "network.hidden=[4]"], r"passes gradients through.*use network=conv"),
        (["model.features=0"], r"model\.features=0: must be at least 1"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
