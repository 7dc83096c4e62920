"""What samples are compared by."""

import torch

from aetrain.build import build_model
from aetrain.evaluation.samples.features import Pixels, codes_of
from tests.battery import config

EVENT = (1, 4, 4)
SMALL = ("network.hidden=[8]", "latent=3")


def test_pixels_know_no_classes() -> None:
    x = torch.rand(5, *EVENT)
    torch.testing.assert_close(Pixels().of(x), x.reshape(5, 16))
    assert Pixels().classes(Pixels().of(x)) is None


def test_a_classifiers_features_are_what_its_softmax_reads() -> None:
    options = ("model=stacked_ae", "head=classifier", "head.classes=4", "model.layer_epochs=0")
    model = build_model(config(*SMALL, *options), EVENT).eval()
    found, x = codes_of("net", model), torch.rand(5, *EVENT)
    hidden, code = model.encoder.network.linears  # pyright: ignore
    (last,) = model.head.network.linears  # pyright: ignore
    h = torch.sigmoid(code(torch.sigmoid(hidden(x.flatten(1)))))  # pyright: ignore
    torch.testing.assert_close(found.of(x), h.detach())
    wanted = (h @ last.weight.T + last.bias).softmax(1).detach().double()  # pyright: ignore
    torch.testing.assert_close(found.classes(found.of(x)), wanted, atol=1e-6, rtol=1e-6)


def test_codes_of_another_model_are_not_classified() -> None:
    model = build_model(config(*SMALL, "model=vae"), EVENT).eval()
    found, x = codes_of("vae", model), torch.rand(5, *EVENT)
    assert found.of(x).shape == (5, 3)
    assert found.classes(found.of(x)) is None
