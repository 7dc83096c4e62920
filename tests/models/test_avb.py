"""Adversarial variational Bayes on a linear Gaussian model, of which all is known."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

import aetrain
from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.evaluation.evidence.of_model import Chains, annealed_evidence
from aetrain.models.avb import AVB
from tests.battery import config
from tests.conftest import TINY

SMALL = ("model=avb", "model.hidden=[16]", "model.features=8", "network.hidden=[8]", "latent=3")
EVENT, B = (1, 4, 4), 6
LINEAR = (
    *("model=avb", "likelihood=gaussian", "network.hidden=[]", "latent=2", "posterior.hidden=[]"),
    *("posterior.noise=2", "posterior.features=2", "model.features=8", "model.hidden=[64,64]"),
)
A = torch.tensor([[0.4, 0.1, -0.2], [0.0, 0.3, 0.4]])  # mean of q(z|x)
NOISE = torch.tensor([[0.6, 0.0], [0.3, 0.7]])
W = torch.tensor([[1.0, 0.2], [-0.3, 0.8], [0.0, 0.9]])  # mean of p(x|z)


def built(*options: str) -> AVB:
    torch.manual_seed(0)
    model = build_model(config(*SMALL, *options), EVENT)
    assert isinstance(model, AVB)
    return model


def linear(*options: str) -> AVB:
    """Return q(z|x) = N(A x, N Nᵀ), implicitly, and p(x|z) = N(W z, I)."""
    torch.manual_seed(0)
    model = build_model(config(*LINEAR, *options), (3,))
    assert isinstance(model, AVB)
    maps = {
        "encoder.network.layers.0": A,
        "encoder.family.g.layers.0": torch.cat([torch.eye(2), NOISE], 1),
        "decoder.network.layers.0": W,
    }
    with torch.no_grad():
        for name, weight in maps.items():
            layer = model.get_submodule(name)
            layer.weight.copy_(weight)  # pyright: ignore
            layer.bias.zero_()  # pyright: ignore
    return model


def examples(n: int) -> Tensor:
    return torch.randn(n, 2) @ W.T + torch.randn(n, 3)


def train_discriminator(model: AVB, steps: int = 1500) -> None:
    player = model.players()["discriminator"]
    optimizer = torch.optim.Adam(player.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        terms = player.terms({"x": examples(500)})
        cost = terms["real"].mean() + terms["fake"].mean()  # pyright: ignore
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        schedule.step()


@pytest.mark.slow
@pytest.mark.parametrize("contrast", ["false", "true"])
def test_what_the_discriminator_finds_of_a_gaussian(contrast: str) -> None:
    """Its log ratio, the KL within a tenth, and then a bound below log p(x)."""
    model = linear(f"model.contrast={contrast}")
    train_discriminator(model)
    model.eval()
    x, prior = examples(20_000), MultivariateNormal(torch.zeros(2), torch.eye(2))
    with torch.no_grad():
        inference = model.infer({"x": x})
        found = model._rate(x, inference)[0]
        q = MultivariateNormal(x @ A.T, NOISE @ NOISE.T)
        z = inference.z[0]
        known = q.log_prob(z) - prior.log_prob(z)
        costs = torch.cat(reported(model, x))
    assert (found - known).square().mean().sqrt() < 0.1 * known.square().mean().sqrt()
    kl = kl_divergence(q, prior).mean().item()
    assert found.mean().item() == pytest.approx(kl, rel=0.1)
    apparent = -costs.mean().item()
    log_p = MultivariateNormal(torch.zeros(3), W @ W.T + torch.eye(3)).log_prob(x)
    expected = (log_p - kl_divergence(q, posterior(x))).mean().item()
    assert apparent == pytest.approx(expected, abs=0.1)
    assert apparent < log_p.mean().item()


def reported(model: AVB, x: Tensor) -> list[Tensor]:
    """Return −`apparent_elbo`, in blocks, as the MMD beside it takes memory for all pairs."""
    return [-model.report({"x": part}).scores["apparent_elbo"] for part in x.split(500)]


def posterior(x: Tensor) -> MultivariateNormal:
    precision = torch.eye(2) + W.T @ W
    return MultivariateNormal(x @ W @ torch.linalg.inv(precision), precision_matrix=precision)


def test_log_p_is_the_models_own_whatever_the_discriminator_says() -> None:
    model, x = linear(), examples(50)
    expected = MultivariateNormal(torch.zeros(3), W @ W.T + torch.eye(3)).log_prob(x)
    found = model.log_prob(x, 5_000)
    assert found is not None
    torch.testing.assert_close(found, expected, atol=0.1, rtol=0)


def test_annealed_sampling_finds_log_p_whatever_the_discriminator_says() -> None:
    model, x = linear().eval(), examples(60)
    expected = MultivariateNormal(torch.zeros(3), W @ W.T + torch.eye(3)).log_prob(x)
    found = annealed_evidence(model, [x], Chains(temperatures=60, chains=16))
    assert found["nll_ais"] == pytest.approx(-expected.mean().item(), abs=0.03)
    assert abs(found["ais_gap"]) < 2 * found["ais_gap_se"] + 0.03


def test_a_run_says_what_stands_beside_its_apparent_bound(here: Path) -> None:
    told = "apparent ELBO: no bound on log p(x) while the discriminator lags"
    small = [*TINY, "model=avb", "model.hidden=[8]", "model.features=8"]
    results = aetrain.train([*small, "run.dir=r"])
    assert math.isfinite(results["test/apparent_elbo"])
    assert "test/elbo" not in results
    log = Path("r/train.log").read_text()
    assert "apparent ELBO, which may be no bound" in log
    assert f"{told}; beside it: ae evaluate r -m ais" in " ".join(log.split())
    aetrain.train([*small, "prior=swiss_roll", "run.dir=s"])  # of which there is no density
    log = Path("s/train.log").read_text()
    assert told in log
    assert "-m ais" not in log


def test_the_rate_is_minus_the_mark() -> None:
    model, x = built("samples=2").eval(), torch.rand(B, *EVENT)
    z = torch.randn(2, B, 3)
    marks = torch.stack([model.discriminator(one, x) for one in z])
    torch.testing.assert_close(model.log_ratio(x, z), -marks)
    torch.manual_seed(1)
    term = model.terms({"x": x})["adversarial"]
    torch.manual_seed(1)
    z = model.infer({"x": x}).z
    torch.testing.assert_close(term, model.log_ratio(x, z).mean(0))


def test_contrast_completes_the_rate_with_what_is_known() -> None:
    """Where T says nothing, the rate is E_q[log N(z; μ, σ²) − log p(z)]."""
    model, x = linear("model.contrast=true").eval(), examples(4000)
    with torch.no_grad():
        for parameter in model.discriminator.parameters():
            parameter.zero_()
        inference = model.infer({"x": x})
        found = model._rate(x, inference)[0].mean()
    mean, scale = inference.q.mean, inference.q.stddev
    variance = (NOISE @ NOISE.T).diagonal()  # μ and σ² are those of 64 fixed draws
    exact = 0.5 * (mean.square() + variance - variance / scale.square()) - scale.log()
    torch.testing.assert_close(found, exact.sum(1).mean(), atol=0.1, rtol=0)


def test_contrast_shows_the_discriminator_standard_codes() -> None:
    model, seen = linear("model.contrast=true"), []
    hook = model.discriminator.register_forward_hook(lambda m, given, out: seen.append(given[0]))
    with torch.no_grad():
        model.discrimination({"x": examples(5000)})
    hook.remove()
    for codes in seen[0].split(5000):
        assert codes.mean(0).abs().max() < 0.2
        torch.testing.assert_close(codes.std(0), torch.ones(2), atol=0.2, rtol=0)


def test_a_bound_that_is_none_is_not_called_so() -> None:
    with torch.no_grad():
        report = built().report({"x": torch.rand(B, *EVENT).round()})
    assert set(report.costs) == {"distortion", "adversarial_rate"}
    total = report.costs["distortion"] + report.costs["adversarial_rate"]
    torch.testing.assert_close(report.scores["apparent_elbo"], -total)


def test_the_weights_are_not_kept_by_what_the_discriminator_says() -> None:
    """A T that finds too little of a rate makes the apparent ELBO rise, and nothing else."""
    model, data = built(), {"x": torch.rand(B, *EVENT).round()}
    assert model.watches == "nll_bound"
    hook = model.discriminator.register_forward_hook(lambda module, given, out: out - 50)

    def figures() -> tuple[Tensor, Tensor]:
        torch.manual_seed(0)
        report = model.report(data)
        bound = report.more["nll_bound"]
        assert isinstance(bound, Tensor)
        return report.scores["apparent_elbo"], bound  # pyright: ignore[reportReturnType]

    with torch.no_grad():
        lagging = figures()
        hook.remove()
        honest = figures()
    assert ((lagging[0] - honest[0]).abs() > 20).all()
    assert torch.equal(lagging[1], honest[1])
    assert built("prior=swiss_roll", "latent=2").watches == "cost"


def test_who_moves_and_when() -> None:
    assert list(built().players()) == ["discriminator", "autoencoder"]
    assert built("adversary.updates=2").players()["autoencoder"].every == 2
    assert built().players()["discriminator"].rate == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["posterior=delta"], "the rate of a point.*use posterior=implicit"),
        (["prior=uniform"], "so the rate is infinite: use prior=standard_normal"),
        (["posterior=diagonal_gaussian", "model.contrast=true"], "whose density is not known"),
        (["prior=swiss_roll", "latent=2", "model.contrast=true"], "needs a prior with a density"),
        (["objective=elbo"], "objective: model=avb has its own"),
        (["adversary=hinge"], "adversary: model=avb has its own.*use adversary=non_saturating"),
        (["adversary.loss.smoothing=0.1"], "adversary: model=avb has its own"),
        (["model.features=0"], r"model\.features=0: must be at least 1"),
        (["model.hidden=[0]"], r"model\.hidden=\[0\]: widths must be at least 1"),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        built(*options)
