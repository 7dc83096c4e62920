"""Several layers of latents against one layer, a linear-Gaussian closed form, and each other."""

import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, kl_divergence

from aetrain.build import build_model
from aetrain.distributions.detached import detached
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.errors import UserError
from aetrain.layers.precision import Precision
from aetrain.models.hierarchical_vae import HierarchicalVAE
from aetrain.objectives.dreg import dreg
from aetrain.objectives.stl import stl
from tests.battery import config

EVENT, B = (1, 8, 8), 5
MERGES = {
    "concatenate": ["model=hierarchical_vae"],
    "bottom_up": [
        "model=hierarchical_vae",
        "model.merge._target_=aetrain.layers.bottom_up.BottomUp",
    ],
    "precision": ["model=ladder_vae"],
}
every_merge = pytest.mark.parametrize("merge", MERGES)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def build(merge: str, *options: str, event: Any = EVENT) -> HierarchicalVAE:
    overrides = [*MERGES[merge], "network.hidden=[8]", "model.widths=[7]", *options]
    model = build_model(config(*overrides), event).double()
    assert isinstance(model, HierarchicalVAE)
    with torch.no_grad():  # away from where it begins, which merges may do as zero
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def binary(n: int = B) -> Tensor:
    return torch.rand(n, *EVENT).round().double()


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize(
    "prior", ["standard_normal", "gaussian_mixture", "flow", "vamp", "student_t"]
)
def test_one_layer_is_the_vae(prior: str, samples: int) -> None:
    same = [f"prior={prior}", f"samples={samples}", "latent=6", "network.hidden=[8]"]
    vae = build_model(config("model=vae", *same), EVENT).double()
    one = build("concatenate", "model.latents=[6]", *same)
    weights = one.state_dict()
    for name, weight in vae.state_dict().items():
        name = name.replace("encoder.network.", "encoder.network.first.")
        weights.pop(name.replace("prior.", "layers.top.")).copy_(weight)
    assert not weights, "nothing but the VAE's weights"
    batch = {"x": binary()}
    found = []
    for model in (vae, one):
        torch.manual_seed(1)
        terms, report = dict(model.players()["model"].terms(batch)), model.report(batch)
        found.append({**terms, **{f"report {k}": v for k, v in report.costs.items()}})
        found[-1] |= {"code": report.code, "log p": model.log_prob(batch["x"], 30)}
        found[-1] |= {
            "sample": model.sample(7).mean,
            "reconstruction": model.reconstruct(batch["x"]),
        }
        if report.rates is not None:
            found[-1]["rates"] = report.rates
    assert found[0].keys() == found[1].keys()
    for name, value in found[0].items():
        torch.testing.assert_close(found[1][name], value, rtol=1e-10, atol=1e-10, msg=name)


@every_merge
def test_terms_by_hand(merge: str) -> None:
    model, x = build(merge, "model.latents=[4,2]", "samples=3"), binary()
    torch.manual_seed(1)
    terms = model.terms({"x": x})
    torch.manual_seed(1)
    raw, up, top = _up(model).every(x)
    q2 = model.encoder(x)
    assert isinstance(q2, DiagonalNormal)
    torch.testing.assert_close(q2.loc, top[:, 0])
    z2 = q2.rsample((3,))
    rate_2, rate_1, distortion = kl_divergence(q2, model.layers.top()), [], []
    noise = torch.randn(3, B, 4, dtype=torch.float64)
    for sample, e in zip(z2, noise, strict=True):
        down: Any = model.layers.features[0](sample)  # pyright: ignore[reportCallIssue]
        p1: Any = model.layers.families[1](model.layers.heads[0](down))  # pyright: ignore
        q1: Any = model.layers.merges[0](raw, up, down, p1)
        rate_1.append(kl_divergence(q1, p1))
        distortion.append(-model.decoder(q1.loc + q1.scale * e).log_prob(x))
    torch.testing.assert_close(terms["rate"], rate_2 + torch.stack(rate_1).mean(0))
    torch.testing.assert_close(terms["distortion"], torch.stack(distortion).mean(0))
    torch.manual_seed(1)
    report = model.report({"x": x})
    assert list(report.more) == ["rate_1", "rate_2"]
    torch.testing.assert_close(report.more["rate_2"], rate_2)
    torch.testing.assert_close(report.more["rate_1"], torch.stack(rate_1).mean(0))


def _up(model: HierarchicalVAE) -> Any:
    return model.encoder.network


def linear_gaussian(merge: str) -> tuple[HierarchicalVAE, MultivariateNormal]:
    """Return z₂ ~ N(0, I), z₁ = A z₂ + a + s ε, x = W z₁ + b + σ ε, and p(x)."""
    event, (d1, d2) = (3,), (2, 1)
    model = build(
        merge,
        f"model.latents=[{d1},{d2}]",
        *("likelihood=gaussian", "likelihood.sigma=0.7", "network.hidden=[]"),
        event=event,
    )
    a, shift, scale = torch.randn(d1, d2).double(), torch.randn(d1).double(), [0.6, 0.9]
    model.layers.features[0] = nn.Identity()  # z₂ itself, of which the head is linear
    head = nn.Linear(d2, 2 * d1).double()
    with torch.no_grad():
        head.weight.copy_(torch.cat([a, torch.zeros(d1, d2)]))
        # the family's log σ is r / (1 + |r| / 10)
        logs = torch.tensor(scale).double().log()
        head.bias.copy_(torch.cat([shift, logs / (1 - logs.abs() / 10)]))
        # the posterior may be any, but wide enough that no weight is large
        for net, d in [(_up(model).heads[0], d1), (_up(model).others[0], d2)]:
            net.layers[-1].weight.mul_(0.2)
            net.layers[-1].bias[d:] = 1.0
    model.layers.heads[0] = nn.Sequential(head, nn.Unflatten(1, (2, d1)))
    if merge == "concatenate":
        network: Any = model.layers.merges[0].network  # pyright: ignore[reportAttributeAccessIssue]
        network.layers[0] = nn.Linear(7 + d2, 2 * d1).double()
        nn.init.normal_(network.layers[0].weight, std=0.1)
    decoder: Any = model.decoder.network
    w, b = decoder.layers[0].weight, decoder.layers[0].bias
    inner = a @ a.mT + torch.tensor(scale).double().square().diag()
    covariance = w @ inner @ w.mT + 0.49 * torch.eye(3)
    return model, MultivariateNormal((w @ shift + b).detach(), covariance.detach())


@every_merge
@torch.no_grad()
def test_evidence_of_a_linear_gaussian_model(merge: str) -> None:
    """The mean importance weight is p(x), within 4 s.e., for the posterior as it happens to be."""
    model, p_x = linear_gaussian(merge)
    x = p_x.sample((4,))
    q, n = model.encode(x), 50_000
    z = q.sample((n,))
    log_w = model.decode(z).log_prob(x) + model.codes().log_prob(z) - q.log_prob(z)
    ratio = (log_w - p_x.log_prob(x)).exp()
    assert ((ratio.mean(0) - 1).abs() < 4 * ratio.std(0) / n**0.5).all()
    assert (ratio.std(0) / n**0.5 < 0.1).all(), "the test says something"
    estimate = model.log_prob(x, n)
    assert ((estimate - p_x.log_prob(x)).abs() < 5 * ratio.std(0) / n**0.5).all()


@every_merge
@torch.no_grad()
def test_densities_integrate_to_one_over_their_own_draws(merge: str) -> None:
    """E_p[g(z) / p(z)] = 1 for a density g, here a Gaussian narrower than p; and so for q."""
    model, n = build(merge, "model.latents=[2,1]"), 100_000
    for source, shape in [(model.codes(), ()), (model.encode(binary(2)), (2,))]:
        z = source.sample((n,))
        spread = 0.6 * z.std(0).log().exp()
        g = DiagonalNormal(z.mean(0).expand(*shape, 3), spread.log(), 1)
        ratio = (g.log_prob(z) - source.log_prob(z)).exp()
        assert ((ratio.mean(0) - 1).abs() < 4 * ratio.std(0) / n**0.5).all()
        assert (ratio.std(0) / n**0.5 < 0.05).all()


@every_merge
@torch.no_grad()
def test_the_rate_is_the_difference_of_log_densities(merge: str) -> None:
    model, x, n = build(merge, "model.latents=[3,2,2]"), binary(2), 20_000
    q, p = model.encode(x), model.codes()
    z = q.sample((n,))
    plain = q.log_prob(z) - p.log_prob(z)
    torch.testing.assert_close(q.log_prob(z.clone()), q.log_prob(z))
    error = 5 * plain.std(0) / n**0.5
    assert ((q.rate(z, p) - plain.mean(0)).abs() < error).all()


@every_merge
@pytest.mark.parametrize(("objective", "power"), [(dreg, 2), (stl, 0)])
def test_gradients_through_the_codes_alone(merge: str, objective: Any, power: int) -> None:
    """−Σ w̃ₖ² ∂log sg(q) wₖ/∂zₖ ∂zₖ/∂φ, and for one sample's bound the mean, without shares."""
    model, x, k = build(merge, "model.latents=[3,2]", "samples=4"), binary(), 4
    own = [*model.encoder.parameters(), *model.layers.merges.parameters()]
    torch.manual_seed(1)
    q = model.encode(x)
    z = q.rsample((k,))
    leaf = z.detach().requires_grad_()
    log_w = model.decode(leaf).log_prob(x) + model.codes().log_prob(leaf)
    log_w = log_w - detached(q).log_prob(leaf)
    share = log_w.detach().softmax(0) ** power / (1 if power else k)
    (slope,) = torch.autograd.grad(log_w.sum(), leaf)
    expected = torch.autograd.grad(z, own, -share.unsqueeze(-1) * slope)
    model.objective = objective
    torch.manual_seed(1)
    terms = model.terms({"x": x})
    total: Any = sum(term.sum() for term in terms.values() if isinstance(term, Tensor))
    found = torch.autograd.grad(total, own)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


@torch.no_grad()
def test_a_vamp_prior_is_of_the_top_layers_posterior() -> None:
    model = build("precision", "model.latents=[4,2]", "prior=vamp", "prior.components=3")
    u: Any = model.layers.top.pseudo_inputs
    u.data.uniform_(0.2, 0.8)
    q = model.encoder(u)
    z = torch.randn(9, 2).double()
    expected = q.log_prob(z.unsqueeze(1)).logsumexp(1) - math.log(3)
    torch.testing.assert_close(model.layers.top().log_prob(z), expected)


def test_the_ladder_is_merged_by_precision() -> None:
    model = build("precision", "model.latents=[4,3,2]")
    assert [type(merge) for merge in model.layers.merges] == [Precision, Precision]


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        (["latent=16"], [11, 5]),
        (["latent=2"], [1, 1]),
        (["model.latents=[5,4,3]"], [5, 4, 3]),
        (["model.latents=[5]"], [5]),
    ],
    ids=str,
)
def test_sizes(options: list[str], sizes: list[int]) -> None:
    model = build("precision", *options)
    assert [shape.numel() for shape in model.layers.shapes] == sizes[::-1]
    assert model.latent == (sum(sizes),)
    assert model.decoder.given == [(sizes[0],)]
    assert list(model.report({"x": binary()}).more) == [f"rate_{n + 1}" for n in range(len(sizes))]


def test_widths_go_upwards() -> None:
    model = build("precision", "model.latents=[5,4,3,2]", "model.widths=[9,8]")
    assert [heads.layers[0].in_features for heads in model.layers.heads] == [8, 8, 9]  # pyright: ignore


def test_a_tied_decoder_has_the_weights_of_the_network_that_reads_x() -> None:
    model = build("precision", "model.latents=[4,2]", "network=tied")
    encoder, decoder = _up(model).first, cast(Any, model.decoder.network)
    assert decoder.weights[0] is encoder.layers[-1].weight
    assert decoder.code == 4


REFUSED = [
    (["latent=1"], "latent=1: has to be divided between two layers; use latent=2 or more"),
    (["model.latents=[]"], "model.latents=[]: must be sizes of at least 1"),
    (["model.latents=[4,0]"], "model.latents=[4, 0]: must be sizes of at least 1"),
    (["model.widths=[]"], "model.widths=[]: must be sizes of at least 1"),
    (["model.depth=0"], "model.depth=0: must be at least 1"),
    (["posterior=iaf"], "posterior=iaf: the layers of this model are diagonal Gaussians"),
    (["posterior=delta"], "posterior=delta: the layers of this model are diagonal Gaussians"),
    (["prior=uniform"], "prior=uniform lies on the vectors of a box"),
    (
        ["prior=conditional_gaussian", "conditioning=concat", "conditioning.classes=10"],
        "prior=conditional_gaussian is another one under each condition",
    ),
    (["prior=swiss_roll", "model.latents=[4,2]"], "prior=swiss_roll can only be sampled"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=str)
def test_refusals(options: list[str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config("model=ladder_vae", *options), EVENT)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
