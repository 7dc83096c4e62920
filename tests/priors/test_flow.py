"""The flow prior: N(0, I) at first, invertible, with the right Jacobian, and able to learn."""

import math

import pytest
import torch
from scipy import integrate

from aetrain.errors import UserError
from aetrain.priors.flow import Flow

KINDS = ["maf", "realnvp", "spline"]

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def moved(kind: str, d: int, size: float = 0.1) -> Flow:
    """Return a flow in float64 with parameters moved at random."""
    made = Flow((d,), kind=kind).double()  # pyright: ignore[reportArgumentType]
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(size * torch.randn_like(parameter))
    return made


@every_kind
@pytest.mark.parametrize("d", [1, 2, 5, 16])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_it_begins_as_the_standard_normal(kind: str, d: int, dtype: torch.dtype) -> None:
    p = Flow((d,), kind=kind).to(dtype)()  # pyright: ignore[reportArgumentType]
    z = 2 * torch.randn(100, d, dtype=dtype)
    exact = -0.5 * z.double().square().sum(-1) - d / 2 * math.log(2 * math.pi)
    torch.testing.assert_close(p.log_prob(z).double(), exact, rtol=1e-6, atol=1e-6)
    # another seed's draws would be as good: the same noise comes out, in some order
    torch.manual_seed(1)
    noise = torch.randn(100, d, dtype=dtype).sort().values
    torch.manual_seed(1)
    draws = p.sample((100,)).sort().values
    torch.testing.assert_close(draws, noise, rtol=1e-5, atol=1e-5)


@every_kind
@pytest.mark.parametrize("d", [1, 2, 5])
def test_each_step_is_inverted(kind: str, d: int) -> None:
    z = 3 * torch.randn(50, d, dtype=torch.float64)
    for step in moved(kind, d).steps:
        u, _ = step(z)
        assert (u - z).abs().max() > 0.01
        back = step.inverse(u)  # pyright: ignore[reportCallIssue]
        torch.testing.assert_close(back, z, rtol=1e-8, atol=1e-8)


@every_kind
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_log_determinant_is_the_jacobians(kind: str, d: int) -> None:
    for step in moved(kind, d).steps:
        for z in 2 * torch.randn(5, d, dtype=torch.float64):
            jacobian = torch.autograd.functional.jacobian(lambda z, f=step: f(z[None])[0][0], z)
            exact = torch.linalg.slogdet(jacobian).logabsdet  # pyright: ignore[reportArgumentType]
            torch.testing.assert_close(step(z[None])[1][0], exact, rtol=0, atol=1e-8)


@every_kind
def test_the_density_of_one_element_integrates_to_one(kind: str) -> None:
    p = moved(kind, 1, 0.3)()

    def density(z: float) -> float:
        return p.log_prob(torch.tensor([z], dtype=torch.float64)).exp().item()

    centre = p.sample((1001,)).median().item()
    pieces = [(centre - 60, centre), (centre, centre + 60)]
    total = sum(integrate.quad(density, a, b, epsabs=1e-9, limit=500)[0] for a, b in pieces)
    assert total == pytest.approx(1, abs=1e-6)


@every_kind
def test_draws_are_scored_as_they_are_drawn(kind: str) -> None:
    """log p(z) of a draw z is the noise's log density less log|det| of the way back."""
    p = moved(kind, 3)()
    torch.manual_seed(1)
    z = p.rsample((4, 5))
    torch.manual_seed(1)
    u = torch.randn(20, 3, dtype=torch.float64)
    log_det = torch.zeros(20, dtype=torch.float64)
    forth = z.reshape(20, 3)
    for step in p.steps:
        forth, more = step(forth)
        log_det = log_det + more
    torch.testing.assert_close(forth, u, rtol=1e-6, atol=1e-6)
    exact = torch.distributions.Normal(0, 1).log_prob(u).sum(-1) + log_det
    torch.testing.assert_close(p.log_prob(z), exact.reshape(4, 5), rtol=1e-6, atol=1e-6)


@every_kind
def test_draws_carry_gradients(kind: str) -> None:
    made = moved(kind, 3)
    assert made().has_rsample
    made().rsample((10,)).square().sum().backward()
    for parameter in made.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        assert (parameter.grad != 0).any()
    assert not made().sample().requires_grad


@every_kind
def test_it_learns_a_correlated_gaussian(kind: str) -> None:
    """The cross entropy falls to the entropy, within noise, and never below it."""
    factor = torch.tensor([[1.0, 0.0], [0.9, 0.3]])
    entropy = 1 + math.log(2 * math.pi) + math.log(0.3)
    made = Flow((2,), kind=kind, hidden=[16])  # pyright: ignore[reportArgumentType]
    optimizer = torch.optim.Adam(made.parameters(), lr=1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        (-made().log_prob(torch.randn(256, 2) @ factor.T).mean()).backward()
        optimizer.step()
    with torch.no_grad():
        found = -made().log_prob(torch.randn(20_000, 2) @ factor.T).mean().item()
    assert -0.03 < found - entropy < 0.15  # 1.15 before training


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"kind": "iaf"}, "prior.kind=iaf: choose from maf, realnvp, spline"),
        ({"steps": 0}, "prior.steps=0: must be at least 1"),
        ({"bins": 1}, "prior.bins=1: must be at least 2"),
        ({"hidden": [8, 0]}, "prior.hidden=[8, 0]: widths must be at least 1"),
        ({"bound": 0.0}, "prior.bound=0.0: must be above 0, such as 5.0"),
    ],
    ids=str,
)
def test_options_are_checked(option: dict[str, int], message: str) -> None:
    with pytest.raises(UserError) as caught:
        Flow((2,), **option)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == message


@every_kind
@pytest.mark.parametrize("hidden", [[], [3], [5, 4, 3]], ids=str)
def test_any_number_of_hidden_layers(kind: str, hidden: list[int]) -> None:
    p = Flow((3,), kind=kind, hidden=hidden)()  # pyright: ignore[reportArgumentType]
    assert p.log_prob(p.sample((2,))).isfinite().all()
