"""The deep hierarchy, against its densities written out, quadrature, and its simplest case."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

import aetrain
from aetrain.build import build_model
from aetrain.deep.top_down import LOG_SCALE_BOUND
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.layered import LayeredPosterior, LayeredPrior
from aetrain.errors import UserError
from aetrain.models.deep_hvae import DeepHVAE
from aetrain.objectives.elbo import elbo
from aetrain.objectives.inference import Inference
from tests.battery import config
from tests.conftest import TINY
from tests.test_processes import JOB, TWO, weights
from tests.test_resume import equal

B, S = 3, 2
SMALL = ("latent=2", "model.width=8", "model.blocks=[0,2,1]")
DEEP = "model=deep_hvae"


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def build(event: Any, *options: str, spread: float = 0.3) -> DeepHVAE:
    """Return a model in double precision whose layers say something."""
    model = build_model(config(DEEP, *options), event).double()
    assert isinstance(model, DeepHVAE)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(
                spread * torch.randn_like(parameter) / max(1, parameter[0].numel()) ** 0.5
            )
    return model


def binary(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64).round()


def by_hand(model: DeepHVAE, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return log q(z|x), log p(z), each (L, B), and the last h, layer by layer."""
    down, maps = model.down, model.up(x)
    h = down.top.expand(len(x), *down.top.shape)
    log_q, log_p, start = [], [], 0
    for i, shape in enumerate(down.shapes):
        layer: Any = down.layers[i]
        level = down.level_of[i]
        part = z[:, start : start + shape.numel()].reshape(-1, *shape)
        start += shape.numel()

        def scale(raw: Tensor) -> Tensor:
            return LOG_SCALE_BOUND * raw / (LOG_SCALE_BOUND + raw.abs())

        raw = layer.p(h)
        c = shape[0]
        mean, log_scale = raw[:, :c], scale(raw[:, c : 2 * c])
        h = h + raw[:, 2 * c :]
        own = layer.q(torch.cat([h, maps[level]], 1))
        mean_q, log_scale_q = own[:, :c], scale(own[:, c:])
        if down.relative:
            mean_q, log_scale_q = mean_q + mean, log_scale_q + log_scale
        log_p.append(Normal(mean, log_scale.exp()).log_prob(part).sum((1, 2, 3)))
        log_q.append(Normal(mean_q, log_scale_q.exp()).log_prob(part).sum((1, 2, 3)))
        h = layer(h, part)
        if i + 1 < len(down.shapes) and down.level_of[i + 1] != level:
            h = down.grow[level](h)
    return torch.stack(log_q), torch.stack(log_p), h


@pytest.mark.parametrize("relative", [True, False])
@torch.no_grad()
def test_densities_by_hand(relative: bool) -> None:
    model = build((1, 8, 6), *SMALL, f"model.relative={relative}")
    x = binary(B, 1, 8, 6)
    q = model.encode(x)
    z = q.rsample((S,))
    for draw, log_q, log_p in zip(z, q.log_prob(z), LayeredPrior(model.down, q).log_prob(z)):
        by_layer_q, by_layer_p, h = by_hand(model, x, draw)
        torch.testing.assert_close(log_q, by_layer_q.sum(0))
        torch.testing.assert_close(log_p, by_layer_p.sum(0))
        torch.testing.assert_close(model.codes().log_prob(draw), log_p)
        torch.testing.assert_close(model.decode(draw).log_prob(x), model.decoder(h).log_prob(x))
    again = z.clone()  # not the tensor that was drawn: gone through again
    torch.testing.assert_close(q.log_prob(again), q.log_prob(z))


@torch.no_grad()
def test_rates_of_layers_and_sizes_and_dimensions() -> None:
    model = build((1, 8, 8), *SMALL)
    x = binary(B, 1, 8, 8)
    torch.manual_seed(1)
    q = model.encode(x)
    z = q.rsample((1,))
    torch.manual_seed(1)
    report = model.report({"x": x})
    rate = report.costs["rate"]
    assert report.more.keys() == {"rate_4x4", "rate_2x2"}
    torch.testing.assert_close(report.more["rate_4x4"] + report.more["rate_2x2"], rate)
    assert report.rates is not None
    assert report.rates.shape == (B, 2 * (2 * 16 + 4))
    torch.testing.assert_close(report.rates.sum(1), rate)
    torch.testing.assert_close(report.rates[:, :8].sum(1), report.more["rate_2x2"])
    torch.testing.assert_close(torch.stack(q.layer_rates(z)).sum(0), rate)


@torch.no_grad()
def test_the_rate_is_the_mean_of_the_log_ratio() -> None:
    model = build((1, 4, 4), "latent=1", "model.width=4", "model.blocks=[0,1,2]")
    x = binary(2, 1, 4, 4)
    q = model.encode(x)
    z = q.rsample((20_000,))
    ratio = q.log_prob(z) - LayeredPrior(model.down, q).log_prob(z)
    exact = q.rate(z, LayeredPrior(model.down, q))
    error = ratio.std(0) / math.sqrt(len(z))
    assert ((ratio.mean(0) - exact).abs() < 4 * error).all()
    assert (exact > 0.1).all()


@torch.no_grad()
def test_where_q_is_p_the_rate_is_zero() -> None:
    model = build((1, 8, 8), *SMALL)
    for layer in model.down.layers:
        for parameter in layer.q[-1].parameters():  # pyright: ignore
            parameter.zero_()
    report = model.report({"x": binary(B, 1, 8, 8)})
    assert torch.equal(report.costs["rate"], torch.zeros(B).double())
    assert all(torch.equal(rate, torch.zeros(B).double()) for rate in report.more.values())


@torch.no_grad()
def test_importance_sampling_against_quadrature() -> None:
    """All 16 binary images of 2x2 pixels, with two layers of one latent each."""
    model = build((1, 2, 2), "latent=1", "model.width=6", "model.blocks=[0,2]", spread=0.6)
    images = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).double()
    x = images.reshape(16, 1, 2, 2)
    line, width = torch.linspace(-9, 9, 241, dtype=torch.float64), 18 / 240
    z = torch.cartesian_prod(line, line)
    log_prior = model.codes().log_prob(z)
    p = model.decode(z[:, None].expand(-1, 16, -1)).log_prob(x)
    exact = (p + log_prior[:, None]).logsumexp(0) + 2 * math.log(width)
    torch.testing.assert_close(exact.exp().sum(), torch.tensor(1.0).double(), atol=1e-6, rtol=0)
    tries = torch.stack([model.log_prob(x, 2000).exp() for _ in range(20)])
    error = tries.std(0) / math.sqrt(20)
    assert ((tries.mean(0) - exact.exp()).abs() < 4 * error).all()
    torch.testing.assert_close(tries.mean(0).log(), exact, atol=0.02, rtol=0)
    costs = [list(model.report({"x": x}).costs.values()) for _ in range(50)]
    elbos = torch.stack([-torch.stack(both).sum(0) for both in costs])
    assert (elbos.mean(0) < exact + 4 * elbos.std(0) / math.sqrt(50)).all()


def test_one_layer_on_one_place_is_a_vae() -> None:
    """Its terms are those of q(z|x) = N, p(z) = N, both vectors, drawn with the same noise."""
    model = build((1, 4, 4), "latent=5", "model.width=8", "model.blocks=[0,0,1]", "samples=3")
    assert model.latent == (5,)
    x = binary(B, 1, 4, 4)
    layer: Any = model.down.layers[0]
    (d,) = model.up(x)
    p, h = layer.prior(model.down.begin(1))
    loc, log_scale = layer.posterior(h.expand(B, -1, -1, -1), d)
    q = DiagonalNormal((p.loc + loc).flatten(1), (p.log_scale + log_scale).flatten(1), 1)
    prior = DiagonalNormal(p.loc.flatten(), p.log_scale.flatten(), 1)
    torch.manual_seed(1)
    z = q.rsample((3,))
    expected: Any = elbo(Inference(x, q, z, model.decode(z), prior))
    torch.manual_seed(1)
    # one draw after another, as a layer has them folded
    found: Any = model.terms({"x": x})
    for name, term in expected.items():
        torch.testing.assert_close(found[name], term)
    torch.testing.assert_close(model.encode(x).mean, q.mean)


def test_a_step_goes_down_once() -> None:
    model = build((1, 8, 8), *SMALL, "samples=2")
    calls: list[int] = []
    for layer in model.down.layers:
        layer.register_forward_hook(lambda *_: calls.append(1))
    model.terms({"x": binary(B, 1, 8, 8)})
    assert len(calls) == len(model.down.layers)
    calls.clear()
    model.log_prob(binary(B, 1, 8, 8), 20)
    assert len(calls) == len(model.down.layers)


@pytest.mark.parametrize("event", [(1, 28, 28), (3, 7, 13), (1, 28, 20), (3, 32, 32), (1, 1, 1)])
@pytest.mark.parametrize("likelihood", ["categorical", "logistic_mixture", "gaussian", "bernoulli"])
@torch.no_grad()
def test_events_and_likelihoods(event: Any, likelihood: str) -> None:
    blocks = "[1]" if event[1] == 1 else "[0,1,2]"
    options = [f"likelihood={likelihood}", "latent=2", "model.width=4", f"model.blocks={blocks}"]
    model = build_model(config(DEEP, *options), event)
    p = model.sample(2)
    assert (p.batch_shape, p.event_shape) == ((2,), event)
    x = binary(B, *event).float()
    assert model.reconstruct(x).shape == x.shape
    assert model.report({"x": x}).costs["distortion"].isfinite().all()


def test_every_pixel_depends_on_the_code() -> None:
    """Also at the edge of an image of odd size, where a square of pixels is cut."""
    model = build((1, 7, 5), "latent=1", "model.width=8", "model.blocks=[0,1,1,1]")
    z = torch.randn(1, *model.latent, dtype=torch.float64)
    jacobian: Any = torch.autograd.functional.jacobian(lambda z: model.decode(z).mean, z)
    assert (jacobian.reshape(35, -1) != 0).any(1).all()
    assert (jacobian.reshape(35, -1) != 0).any(0).all()


def test_widths_may_differ() -> None:
    model = build((1, 8, 8), "latent=2", "model.blocks=[1,2,0,1]", "model.width=[4,6,9,8]")
    assert [level.width for level in model.down.levels] == [8, 6, 4]
    assert [tuple(s) for s in model.down.shapes] == [(2, 1, 1), (2, 4, 4), (2, 4, 4), (2, 8, 8)]
    assert isinstance(model.encode(binary(B, 1, 8, 8)), LayeredPosterior)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_forty_layers_begin_tame(precision: torch.dtype) -> None:
    """Maps keep their size, and the gradient's norm grows as √L at most, as that of L equals."""
    norms, spreads = [], []
    for blocks in ("[0,2,2]", "[0,20,20]"):
        model: Any = build_model(config(DEEP, "latent=4", f"model.blocks={blocks}"), (1, 8, 8))
        x = torch.rand(20, 1, 8, 8).round()
        with torch.autocast("cpu", precision, enabled=precision is torch.bfloat16):
            terms: Any = model.terms({"x": x})
            spreads.append(model.decode(model.codes().sample((20,))).mean.std())
        assert terms["rate"].dtype == torch.float32
        loss = (terms["distortion"] + terms["rate"]).mean()
        loss.backward()
        assert abs(loss.item() - 64 * math.log(2)) < 10
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in model.parameters()]))
    assert norms[1] < math.sqrt(10) * norms[0]
    assert spreads[1] < 2 * spreads[0]  # of the pixels' probabilities


REFUSED = {
    "network=conv": "network: model=deep_hvae has its own and makes no use of another: use",
    "posterior=iaf": "use posterior=diagonal_gaussian",
    "prior=vamp": "use prior=standard_normal",
    "model.blocks=[]": "must be numbers from 0",
    "model.blocks=[0,0]": "must be numbers from 0",
    "model.blocks=[2,-1]": "must be numbers from 0",
    "model.blocks=[0,1,1,1,1]": "must be at most 4 numbers, as these data halve to 8x8, 4x4, 2x2,",
    "model.width=[8,8]": "must be one number from 1, or 3, as model.blocks has",
    "model.width=0": "must be one number from 1",
    "model.bottleneck=0": "model.bottleneck=0: must be above 0",
    "model.activation=reul": "Did you mean 'relu'?",
}


@pytest.mark.parametrize("option", REFUSED)
def test_what_is_refused(option: str) -> None:
    with pytest.raises(UserError) as error:
        build_model(config(DEEP, option), (1, 8, 8))
    assert REFUSED[option] in str(error.value)
    assert "\n" not in str(error.value)


def test_vectors_are_refused() -> None:
    with pytest.raises(UserError, match=r"needs images .* the shape \(5,\): use model=vae"):
        build_model(config(DEEP), (5,))


WHOLE = [DEEP, "trainer.ema_decay=0.9", "trainer.skip_gradient_above=30", "model.width=8"]


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_resumed_bit_for_bit(precision: str, here: Path) -> None:
    job = [*TINY, *WHOLE, f"trainer.precision={precision}", "trainer.gradient_clip_val=20"]
    straight = aetrain.train([*job, "trainer.max_steps=5", "run.dir=straight"])
    aetrain.train([*job, "trainer.max_steps=2", "run.dir=parts"])
    parts = aetrain.train(["resume=parts", "trainer.max_steps=5"])
    equal(Path("straight"), Path("parts"))
    figures = [name for name in straight if name.startswith("test/")]
    assert {"test/rate_4x4", "test/rate_2x2", "test/nll"} <= set(figures)
    assert all(straight[name] == parts[name] for name in figures)


@pytest.mark.slow
def test_two_processes_agree(here: Path) -> None:
    # the noise of each process is its own, so what is compared has not been trained
    job = [*JOB, *WHOLE, "latent=2", "model.blocks=[0,0,1,1]", "dataset.limit=150"]
    start = "trainer.max_steps=0"
    one = aetrain.train([*job, start])
    two = aetrain.train([*TWO, *job, start])
    for name in (name for name in one if name.startswith("test/")):
        assert two[name] == pytest.approx(one[name], rel=1e-9), name
    # that both hold the same weights and averages at the end is checked by the run itself
    run = aetrain.train([*TWO, *job, "trainer.max_steps=3"])["run"]
    assert any(key.startswith("averaged_weights.") for key in weights(Path(run)))
