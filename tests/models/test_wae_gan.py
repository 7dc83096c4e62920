"""The Wasserstein autoencoder with a discriminator."""

import torch
from torch.nn.functional import softplus

from aetrain.build import build_model
from aetrain.models.wae_gan import WAEGAN
from aetrain.planning import build_plan
from tests.battery import config, off
from tests.models.on_draws import train_on


def built(*options: str, event: tuple[int, ...] = (1, 4, 4)) -> WAEGAN:
    torch.manual_seed(0)
    small = ["network.hidden=[48]", "model.hidden=[48]", "latent=2", "likelihood=gaussian"]
    model = build_model(config("model=wae_gan", *small, *options), event)
    assert isinstance(model, WAEGAN)
    return model


def test_encoder_and_decoder_pay_the_sum() -> None:
    model, x = built("posterior=diagonal_gaussian", "samples=3").double(), torch.rand(5, 1, 4, 4)
    x = x.double()
    torch.manual_seed(1)
    terms = model.terms({"x": x})
    torch.manual_seed(1)
    z = model.encoder(x).rsample((3,))
    marks = model.discriminator(z.reshape(15, 2)).reshape(3, 5)
    torch.testing.assert_close(terms["adversarial"], softplus(-marks).mean(0))
    distortion = -model.decoder(z).log_prob(x).mean(0)
    torch.testing.assert_close(terms["distortion"], distortion)
    assert list(model.players()) == ["discriminator", "autoencoder"]
    assert build_plan(config("model=wae_gan"), "cpu").weights == {"adversarial": 10.0}


def test_codes_take_the_shape_of_the_prior() -> None:
    options = ["optimizer.lr=0.003", "adversary.r1=0.1"]
    model = built(*options, event=(2,))
    plan = build_plan(config("model=wae_gan", *options), "cpu")

    def apart() -> float:
        x = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1)).exp()
        return off(model.report({"x": x}).more["code_mmd"])

    before = apart()
    train_on(model, plan, torch.randn(1000, 128, 2).exp())
    assert apart() < 0.3 * before
