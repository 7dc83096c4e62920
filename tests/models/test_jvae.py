"""The joint VAE of an example and its label: against a VAE, and against quadrature."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence
from torch.nn.functional import one_hot

from aetrain.build import build_model, build_sampler
from aetrain.errors import UserError
from aetrain.models.jvae import JVAE
from aetrain.objectives.terms import Weighted
from tests.battery import config

EVENT, B, K = (1, 3, 3), 5, 3
SMALL = ("network.hidden=[8]", "latent=1")


def built(*options: str) -> JVAE:
    torch.manual_seed(0)
    own = ["model=jvae", f"conditioning.classes={K}", "model.hidden=[8]"]
    model = build_model(config(*SMALL, *own, *options), EVENT).double()
    assert isinstance(model, JVAE)
    return model


def batch(labels: Any = (0, 2, 1, 1, 0)) -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).round().double(), "y": torch.tensor(labels)}


def plain(model: JVAE) -> Any:
    """Return a VAE with its weights."""
    vae: Any = build_model(config(*SMALL, "model=vae"), EVENT).double()
    vae.encoder.load_state_dict(model.encoder.state_dict())
    vae.decoder.load_state_dict(model.decoder.state_dict())
    return vae


def test_without_labels_it_is_a_vae() -> None:
    model, data = built(), batch([-1] * B)
    vae = plain(model)
    torch.manual_seed(2)
    costs = model._costs(data)
    torch.manual_seed(2)
    expected = vae.terms(data)
    torch.testing.assert_close(costs.rate, expected["rate"])
    torch.testing.assert_close(costs.distortion, expected["distortion"])
    assert all((cost == 0).all() for cost in costs[2:])
    torch.manual_seed(2)
    without = model._costs({"x": data["x"]})
    assert all(torch.equal(a, b) for a, b in zip(without, costs, strict=True))


def test_where_labels_weigh_nothing_and_are_not_seen_it_is_a_vae() -> None:
    model, data = built(), batch()
    vae = plain(model)
    network: Any = model.joint_encoder.network
    inside: Any = model.encoder.network
    with torch.no_grad():
        for name, parameter in network.network.named_parameters():
            own = inside.state_dict()[name]
            parameter.zero_()
            parameter[tuple(slice(n) for n in own.shape)].copy_(own)
    torch.manual_seed(2)
    costs = model._costs(data)
    torch.manual_seed(2)
    torch.randn(1, B, 1, dtype=torch.float64)  # the draw of q(z|x), which comes first
    expected = vae.terms(data)
    torch.testing.assert_close(costs.rate, expected["rate"])
    torch.testing.assert_close(costs.distortion, expected["distortion"])
    torch.testing.assert_close(costs.x_divergence, torch.zeros(B).double(), atol=1e-12, rtol=0)


def test_the_joint_bound_is_below_the_evidence_by_the_divergence_from_the_posterior() -> None:
    """log p(x, y) and KL(q(z|x, y) ‖ p(z|x, y)) by quadrature over the one number of a code."""
    model, data = built("samples=20000"), batch()
    x, y = data["x"], data["y"]
    with torch.no_grad():
        torch.manual_seed(3)
        costs = model._costs(data)
        bound = -(costs.distortion + costs.rate + costs.label_distortion)
        z = torch.linspace(-12, 12, 4001).double().view(-1, 1, 1).expand(-1, B, 1)
        joint = model.decoder(z).log_prob(x) + model.label_decoder(z).log_prob(y)
        joint = joint + model.prior().log_prob(z)
        width = 24 / 4000
        evidence = torch.logsumexp(joint, 0) + torch.tensor(width).log()
        q, _ = model._given_labels(x, y)
        log_q = q.log_prob(z)
        apart = (log_q.exp() * (log_q - joint + evidence)).sum(0) * width
    assert (bound < evidence).all()
    torch.testing.assert_close(bound, evidence - apart, atol=0.03, rtol=0)


def test_one_mode_alone_is_drawn_to_both() -> None:
    model, data = built(), batch((0, 2, -1, 1, 0))
    costs = model._costs(data)
    known = data["y"] >= 0
    c = one_hot(data["y"].clamp_min(0), K).double()
    with model.condition.given(c):
        q = model.joint_encoder(data["x"])
    for found, other in (
        (costs.x_divergence, model.encoder(data["x"])),
        (costs.y_divergence, model.label_encoder(c)),
    ):
        expected = torch.where(known, kl_divergence(q, other), 0.0)
        torch.testing.assert_close(found, expected)


def test_a_class_is_named_at_the_mean_of_the_code() -> None:
    model, data = built(), batch()
    found = model.class_probabilities(data["x"])
    logits = model.label_decoder.network(model.encode(data["x"]).mean)
    torch.testing.assert_close(found, logits.softmax(1))
    accuracy = model.report(data).scores["accuracy"]
    assert isinstance(accuracy, Weighted)
    assert torch.equal(accuracy.cost, (found.argmax(1) == data["y"]).float())
    assert torch.equal(accuracy.weight, (data["y"] >= 0).float())


def test_samplers_of_codes_of_all_classes_are_refused() -> None:
    chosen = config(*SMALL, "model=jvae", "sampler=gaussian_mixture")
    with pytest.raises(UserError, match=r"sampler=gaussian_mixture .* use sampler=prior"):
        build_sampler(chosen["sampler"], built())


def test_samples_of_a_class_are_of_the_labels_code() -> None:
    model = built()
    torch.manual_seed(4)
    drawn = model.sample(4, 2)
    torch.manual_seed(4)
    with torch.no_grad():
        z = model.label_encoder(one_hot(torch.full((4,), 2), K).double()).sample()
        torch.testing.assert_close(drawn.mean, model.decoder(z).mean)
    assert model.sample(4).batch_shape == (4,)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("conditioning=none", "conditioning=none: model=jvae .* use conditioning=concat"),
        ("objective=iwae", "objective: model=jvae has its own"),
        ("posterior=delta", "model=jvae needs a posterior with a density"),
    ],
)
def test_what_it_refuses(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_model(config(*SMALL, "model=jvae", option), EVENT)
