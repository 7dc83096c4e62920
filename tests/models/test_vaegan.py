"""The VAE-GAN: what each player pays."""

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence
from torch.nn.functional import leaky_relu, softplus

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.models.vaegan import VAEGAN
from tests.battery import config

EVENT, B = (1, 4, 4), 6
SMALL = ("model=vaegan", "network.hidden=[8]", "model.features=5", "latent=3")


def built(*options: str) -> VAEGAN:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), EVENT).double()
    assert isinstance(model, VAEGAN)
    return model


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).double()}


def features(model: VAEGAN, x: Tensor) -> Tensor:
    network = model.discriminator.network
    return leaky_relu(network.body(x), 0.2)  # pyright: ignore


def test_the_encoder_pays_for_the_rate_and_for_features() -> None:
    model, data = built(), batch()
    torch.manual_seed(2)
    terms = model.inference(data)
    torch.manual_seed(2)
    q = model.encoder(data["x"])
    made = model.decoder(q.rsample()).mean
    apart = features(model, data["x"]) - features(model, made)
    torch.testing.assert_close(terms["rate"], kl_divergence(q, model.prior()))
    unit = features(model, data["x"]).var(0, correction=0).mean()
    torch.testing.assert_close(terms["features"], 0.5 * apart.square().sum(1) / unit)


def test_the_decoder_deceives_with_reconstructions_and_with_draws() -> None:
    model, data = built(), batch()
    torch.manual_seed(2)
    terms = model.generation(data)
    torch.manual_seed(2)
    z = torch.cat([model.encoder(data["x"]).sample(), model.prior().sample((B,))])
    fakes = model.decoder(z).mean
    marks = model.discriminator(fakes)
    torch.testing.assert_close(terms["adversarial"], softplus(-marks).reshape(2, B).sum(0))
    apart = features(model, data["x"]) - features(model, fakes[:B])
    unit = features(model, data["x"]).var(0, correction=0).mean()
    torch.testing.assert_close(terms["decoder_features"], 0.5 * apart.square().sum(1) / unit)


def test_both_kinds_of_fakes_are_shown_to_the_discriminator() -> None:
    model, data = built(), batch()
    torch.manual_seed(2)
    terms = model.discrimination(data)
    torch.manual_seed(2)
    z = torch.cat([model.encoder(data["x"]).sample(), model.prior().sample((B,))])
    marks = model.discriminator(model.decoder(z).mean)
    torch.testing.assert_close(terms["real"], softplus(-model.discriminator(data["x"])))
    torch.testing.assert_close(terms["fake"], softplus(marks).reshape(2, B).sum(0))
    told = (marks <= 0).double().reshape(2, B).mean(0)
    torch.testing.assert_close(terms["accuracy_fake"], told)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["samples=2"], r"samples=2: model=vaegan draws one code; use samples=1"),
        (["model.features=0"], r"model\.features=0: must be at least 1"),
        (["posterior=delta"], "model=vaegan needs a posterior with a density"),
        (["objective=elbo"], "objective: model=vaegan has its own"),
        (["network=pixelcnn", "network.hidden=[4]"], r"passes gradients through.*use network=conv"),
        (["network=tied"], r"model=vaegan trains encoder and decoder.*use network=mlp"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
