"""Styles under every class."""

from typing import Any

import pytest
import torch

from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.evaluation.styles import (
    changed_classes,
    drawn_styles,
    intraclass_correlation,
    recognised,
    require_classes,
    style_kept,
)
from tests.battery import config

EVENT, K = (1, 4, 4), 3


def build(*options: str) -> Autoencoder:
    torch.manual_seed(0)
    small = ["network.hidden=[8]", "latent=2", "model=cvae", f"conditioning.classes={K}"]
    return build_model(config(*small, *options), EVENT).eval().double()


def test_a_style_is_one_code_under_every_class() -> None:
    model: Any = build()
    x = drawn_styles(model, 5, [2, 0], seed=3)
    again = drawn_styles(model, 5, [0, 2], seed=3)
    assert torch.equal(x, again.flip(1))
    assert not torch.equal(x, drawn_styles(model, 5, [2, 0], seed=4))
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.zero_()
        network = model.decoder.network.network.linears
        network[0].weight[:2, :2] = torch.eye(2)  # z, and nothing of the class
        network[-1].weight.normal_()
    x = drawn_styles(model, 5, [0, 1, 2], seed=3)
    assert torch.equal(x[:, 0], x[:, 1])
    assert torch.equal(x[:, 0], x[:, 2])
    assert not torch.equal(x[0], x[1])


def test_of_a_learned_prior_the_noise_is_the_same() -> None:
    model: Any = build("prior=conditional_gaussian")
    found = list[torch.Tensor]()
    decode = model.decode

    def seen(z: torch.Tensor) -> Any:
        found.append(z)
        return decode(z)

    model.decode = seen
    drawn_styles(model, 6, range(K), seed=0)
    noise = list[torch.Tensor]()
    for k, z in enumerate(found):
        with torch.no_grad(), model.under(k, 6):
            p = model.prior()
        noise.append((z - p.mean) / p.stddev)
    torch.testing.assert_close(noise[0], noise[1])
    torch.testing.assert_close(noise[0], noise[2])
    assert not torch.allclose(found[0], found[1])


def test_examples_change_their_class() -> None:
    model = build()
    x, y = torch.rand(4, *EVENT).double(), torch.tensor([0, 2, 1, 1])
    found = changed_classes(model, x, y, range(K))
    with torch.no_grad(), model.under(y, 4):
        torch.testing.assert_close(found[torch.arange(4), y], model.reconstruct(x))
        z = model.encode(x).mean
    with torch.no_grad(), model.under(2, 4):
        torch.testing.assert_close(found[:, 2], model.decode(z).mean)


def test_classes_are_recognised_by_their_neighbours() -> None:
    y = torch.arange(60) % 3
    examples = {"x": y.float().view(-1, 1) + 0.01 * torch.randn(60, 1), "y": y.clone()}
    examples["y"][:3] = -1
    right = torch.tensor([0.0, 1.0, 2.0]).view(1, 3, 1).expand(4, 3, 1)
    assert recognised(right, [0, 1, 2], [examples]) == 1
    assert recognised(right, [0, 2, 1], [examples]) == pytest.approx(1 / 3)
    few = {"x": torch.tensor([[0.0], [0.1], [5.0]]), "y": torch.tensor([1, 1, 0])}
    assert recognised(right[:, :1], [1], [few]) == 1


def test_intraclass_correlation() -> None:
    """z = a_n + b_k + e: σ_a² / (σ_a² + σ_e²), whatever the classes' own means b are."""
    torch.manual_seed(0)
    a, b = 2 * torch.randn(4000, 1, 3).double(), 9 * torch.randn(1, 5, 3).double()
    assert intraclass_correlation((a + b).expand(-1, 5, -1)) == pytest.approx(1)
    e = torch.randn(4000, 5, 3).double()
    assert intraclass_correlation(a + b + e) == pytest.approx(4 / 5, abs=0.02)
    assert intraclass_correlation(b + e) == pytest.approx(0, abs=0.02)


def test_style_is_kept_by_codes_that_the_class_does_not_move() -> None:
    model = build()
    x = torch.rand(6, 1, *EVENT).double().expand(-1, K, *EVENT)
    assert -1 < style_kept(model, x, range(K)) < 1
    with torch.no_grad():  # the encoder does not see the class
        next(model.encoder.parameters())[:, -K:] = 0  # pyright: ignore
    assert style_kept(model, x, range(K)) == pytest.approx(1)


def test_a_model_without_classes_has_none() -> None:
    plain = build_model(config("network.hidden=[8]"), EVENT)
    with pytest.raises(UserError, match="works under no condition: use a run of model=cvae"):
        require_classes(plain)
