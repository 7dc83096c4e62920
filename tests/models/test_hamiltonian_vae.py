"""The Hamiltonian variational autoencoder: its limit, and a linear one whose evidence is known."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from aetrain.build import build_model
from aetrain.errors import UserError
from aetrain.evaluation.importance import log_evidence
from aetrain.game import Game
from aetrain.models.hamiltonian_vae import HamiltonianVAE
from aetrain.models.vae import VAE
from aetrain.planning import build_plan
from tests.battery import config

EVENT, B = (1, 8, 8), 5
SMALL = ("network.hidden=[8]", "latent=3")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def build(*options: str, event: Any = EVENT) -> Any:
    torch.manual_seed(0)
    return build_model(config(*SMALL, *options), event)


def binary(n: int = B) -> Tensor:
    return torch.rand(n, *EVENT).round()


@pytest.mark.parametrize(
    "options", [[], ["samples=3"], ["posterior=iaf", "prior=gaussian_mixture"]]
)
def test_without_steps_it_is_the_variational_autoencoder_bit_for_bit(options: list[str]) -> None:
    plain = build("model=vae", *options)
    model = build("model=hamiltonian_vae", "model.steps=0", *options)
    assert isinstance(plain, VAE)
    assert isinstance(model, HamiltonianVAE)
    batches = [{"x": binary()} for _ in range(5)]
    for one in (plain, model):
        plan, players = build_plan(config(*SMALL), "cpu"), one.players()
        optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
        game = Game(players, optimizers, plan, total_steps=10)
        for step, batch in enumerate(batches):
            torch.manual_seed(step)
            costs = game.play(batch, B, step, measure=False)
            torch.manual_seed(step)
            one.seen = [*costs.values(), *one.report(batch).costs.values()]  # pyright: ignore
    assert all(torch.equal(a, b) for a, b in zip(plain.seen, model.seen, strict=True))  # pyright: ignore
    own = model.state_dict()
    assert all(torch.equal(value, own[name]) for name, value in plain.state_dict().items())


class Linear:
    """A linear model whose encoder knows the prior alone, its data, and their evidence."""

    def __init__(self, *options: str) -> None:
        fixed = ("likelihood=gaussian", "likelihood.sigma=0.7", "network.hidden=[]", *options)
        self.model: HamiltonianVAE = build("model=hamiltonian_vae", *fixed, event=(6,)).double()
        with torch.no_grad():
            for parameter in self.model.encoder.parameters():
                parameter.zero_()
        w, b = (p.detach() for p in self.model.decoder.network.parameters())
        self.x = 1.3 * torch.randn(4, 3).double() @ w.T + b + 0.7 * torch.randn(4, 6).double()
        covariance = w @ w.T + 0.49 * torch.eye(6).double()
        self.evidence = MultivariateNormal(b, covariance).log_prob(self.x)

    def bound(self, times: int) -> Tensor:
        """Return draws of −(distortion + rate), (times, N)."""
        costs = self.model.report({"x": self.x.repeat(times, 1)}).costs
        return -(costs["distortion"] + costs["rate"]).view(times, 4)


@pytest.mark.parametrize("tempering", ["fixed", "free"])
@torch.no_grad()
def test_the_bound_lies_between_the_plain_one_and_the_evidence(tempering: str) -> None:
    n = 4000
    linear = Linear(f"model.tempering={tempering}", "model.step_size=0.3")
    plain = Linear("model.steps=0")
    bound, below = linear.bound(n), plain.bound(n)
    error = 4.5 * (bound.std(0) + below.std(0)) / math.sqrt(n)
    assert (bound.mean(0) < linear.evidence + error).all()
    assert bound.mean() > below.mean() + error.mean()


@torch.no_grad()
def test_importance_sampling_gives_the_evidence() -> None:
    """And is nearer to it than proposals of the dynamics that cost as much: K + 1 forces each."""
    linear = Linear("model.step_size=0.3")
    model, times = linear.model, 500
    x = linear.x.repeat(times, 1)
    own = model.log_prob(x, 10 * 10).view(times, 4)
    moved = log_evidence(model.encode, model.decoder, model.prior(), x, 10).view(times, 4)
    for estimate in (own, moved):
        error = 4.5 * estimate.std(0) / math.sqrt(times)
        assert (estimate.mean(0) < linear.evidence + error).all()
    assert own.mean() > moved.mean()
    many = model.log_prob(linear.x.repeat(20, 1), 20_000).view(20, 4)
    torch.testing.assert_close(many.mean(0), linear.evidence, rtol=0, atol=0.05)


@torch.no_grad()
def test_training_finds_the_evidence() -> None:
    """Of a fixed linear decoder: the encoder, the steps and the temperature are trained."""
    linear = Linear("model.step_size=0.1")
    model = linear.model
    before = linear.bound(2000).mean()
    trained = [*model.encoder.parameters(), model.raw_step, *model.tempering.parameters()]
    optimizer = torch.optim.Adam(trained, lr=0.02)
    x = linear.x.repeat(50, 1)
    for _ in range(300):
        with torch.enable_grad():
            terms: Any = model.terms({"x": x})
            loss = (terms["distortion"] + terms["rate"]).mean()
            optimizer.zero_grad()
            loss.backward(inputs=trained)
        optimizer.step()
    bound = linear.bound(4000)
    error = 4.5 * bound.std() / math.sqrt(bound.numel())
    assert bound.mean() < linear.evidence.mean() + error
    assert linear.evidence.mean() - bound.mean() < 0.1 * (linear.evidence.mean() - before)


def test_the_force_is_the_gradient_of_the_joint_density() -> None:
    model, x = build("model=hamiltonian_vae").double(), binary().double()
    z = torch.randn(2, B, 3).double().requires_grad_()
    joint = model.decode(z).log_prob(x) + model.prior().log_prob(z)
    (expected,) = torch.autograd.grad(joint.sum(), z)
    # far off it is bounded
    torch.testing.assert_close(model._force(x, z), expected / (1 + expected.abs() / 1e4))


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradients_it_computes_the_same(context: Any) -> None:
    model, x = build("model=hamiltonian_vae"), binary()
    found = []
    for around in (torch.enable_grad, context):
        with around():
            seen = x + 0  # made where gradients are off, as the batches of an evaluation are
            torch.manual_seed(1)
            report = model.report({"x": seen})
            torch.manual_seed(1)
            log_p = model.log_prob(seen, 3)
            found.append([*report.costs.values(), report.code, log_p, model.reconstruct(seen)])
    for one, other in zip(*found, strict=True):
        assert not other.requires_grad
        torch.testing.assert_close(one, other)


def test_examples_that_noise_moved_out_of_the_support_have_a_force() -> None:
    model = build("likelihood=beta")
    x = torch.rand(B, *EVENT)
    noisy = torch.where(x < 0.5, x - 0.5, x + 0.5)
    terms = model.terms({"x": noisy, "target": x})
    assert all(torch.isfinite(term).all() for term in terms.values())


def test_the_gradient_goes_through_the_forces() -> None:
    model = build("model=hamiltonian_vae", "network.activation=softplus").double()
    x = binary(2).double()
    (weight, *_) = model.decoder.parameters()
    own = weight.detach().clone().requires_grad_()
    names = [name for name, p in model.named_parameters() if p is weight]

    class Terms(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Tensor) -> Tensor:
            torch.manual_seed(1)
            terms = self.model.terms({"x": x})
            return terms["distortion"] + terms["rate"]

    def cost(value: Tensor) -> Tensor:
        return torch.func.functional_call(Terms(), {f"model.{names[0]}": value}, (x,))

    assert torch.autograd.gradcheck(cost, (own,), fast_mode=True)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch.compile's own
def test_compiled_terms_are_the_same() -> None:
    model, x = build("model=hamiltonian_vae").double(), binary().double()
    found = []
    for terms in (model.terms, torch.compile(model.terms, backend="aot_eager")):
        torch.manual_seed(1)
        loss = sum(term.mean() for term in terms({"x": x}).values())
        found.append([loss, *torch.autograd.grad(loss, list(model.parameters()))])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_half_precision(likelihood: str) -> None:
    model = build("model=hamiltonian_vae", f"likelihood={likelihood}")
    with torch.autocast("cpu", torch.bfloat16):
        terms = model.terms({"x": binary()})
        loss = sum(term.mean() for term in terms.values())
    loss.backward()
    assert all(term.dtype == torch.float32 for term in terms.values())
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


REFUSED = [
    (
        ["posterior=delta"],
        "model=hamiltonian_vae moves draws through all real vectors and needs their density,"
        " which posterior=delta does not give: use posterior=diagonal_gaussian",
    ),
    (
        ["posterior=von_mises_fisher", "prior=hypersphere"],
        "model=hamiltonian_vae moves draws through all real vectors and needs their density,"
        " which posterior=von_mises_fisher does not give: use posterior=diagonal_gaussian",
    ),
    (
        ["prior=uniform"],
        "model=hamiltonian_vae follows the density of all real vectors under the prior, and"
        " prior=uniform has none: use prior=standard_normal",
    ),
    (
        ["likelihood=gaussian", "likelihood.sigma=optimal"],
        "likelihood.sigma=optimal: model=hamiltonian_vae scores a batch several times a step,"
        " and each would change sigma; use likelihood.sigma=shared",
    ),
    (["model.steps=-1"], "model.steps=-1: must be 0 or more, such as 4"),
    (
        ["model.step_size=0.7"],
        "model.step_size=0.7, model.largest_step=0.5: must be above 0 and in this order, such as"
        " 0.05 and 0.5",
    ),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=str)
def test_refusals(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        build("model=hamiltonian_vae", *options)
    assert str(caught.value) == message
