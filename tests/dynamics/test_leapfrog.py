"""The leapfrog: reversible, of known volume, of second order; on an oscillator, a known matrix."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from aetrain.dynamics.leapfrog import leapfrog

D = 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def energy(z: Tensor) -> Tensor:
    """A crooked potential that couples all dimensions and grows without bound."""
    return 0.5 * z.square().sum(-1) + (z[..., 0] * z[..., 1]).sin() + 0.1 * z[..., 2] ** 4


def force(z: Tensor) -> Tensor:
    with torch.enable_grad():
        at = z if z.requires_grad else z.detach().requires_grad_()
        graph = z.requires_grad
        return torch.autograd.grad(-energy(at).sum(), at, create_graph=graph)[0]


def start(*batch: int) -> tuple[Tensor, Tensor]:
    z, rho = torch.randn(2, *batch, D, dtype=torch.float64)
    return z, rho


@pytest.mark.parametrize("steps", [1, 5, 50])
@pytest.mark.parametrize("step", [0.05, torch.tensor([0.01, 0.1, 0.2]).double()], ids=["one", "D"])
def test_with_the_momentum_turned_it_goes_back(steps: int, step: Tensor | float) -> None:
    z, rho = start(20)
    there, momentum = leapfrog(z, rho, force, step, [1.0] * steps)
    assert (there - z).abs().max() > 1e-3
    back, turned = leapfrog(there, -momentum, force, step, [1.0] * steps)
    torch.testing.assert_close(back, z, rtol=0, atol=1e-10)
    torch.testing.assert_close(-turned, rho, rtol=0, atol=1e-10)


@pytest.mark.parametrize("scales", [[1.0] * 6, [0.9, 0.5, 0.8], [1.2]], ids=str)
@pytest.mark.parametrize("step", [0.1, torch.tensor([0.05, 0.1, 0.3]).double()], ids=["one", "D"])
def test_volume_changes_by_the_scales_alone(scales: list[float], step: Tensor | float) -> None:
    def moved(pair: Tensor) -> Tensor:
        z, rho = pair.split(D)
        return torch.cat(leapfrog(z, rho, force, step, scales))

    jacobian = torch.autograd.functional.jacobian(moved, torch.cat(start()))
    expected = math.prod(scales) ** D
    assert torch.linalg.det(jacobian).item() == pytest.approx(expected, rel=1e-10)


def test_the_energy_errs_by_the_square_of_the_step() -> None:
    z, rho = start(200)
    errors = []
    for steps in (10, 20, 40, 80):
        there, momentum = leapfrog(z, rho, force, 1 / steps, [1.0] * steps)
        before, after = (
            energy(a) + 0.5 * b.square().sum(-1) for a, b in [(z, rho), (there, momentum)]
        )
        errors.append((after - before).square().mean().sqrt().item())
    for coarse, fine in itertools.pairwise(errors):
        assert coarse / fine == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("eps", [0.1, 1.0, 1.9])
def test_an_oscillator(eps: float) -> None:
    """One step on U = ½ z² is [[1 − ε²/2, ε], [−ε (1 − ε²/4), 1 − ε²/2]]."""
    cosine = 1 - eps**2 / 2
    one = [[cosine, eps], [-eps * (1 - eps**2 / 4), cosine]]
    pair = torch.stack(start(4), -1)
    expected = pair @ torch.linalg.matrix_power(torch.tensor(one, dtype=torch.float64), 7).T
    found = torch.stack(leapfrog(*pair.unbind(-1), torch.neg, eps, [1.0] * 7), -1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_a_step_takes_one_force_and_no_steps_take_none() -> None:
    calls = []

    def counted(z: Tensor) -> Tensor:
        calls.append(z)
        return -z

    z, rho = start(2)
    same = leapfrog(z, rho, counted, 0.1, [])
    assert same[0] is z
    assert same[1] is rho
    assert calls == []
    leapfrog(z, rho, counted, 0.1, [0.9] * 4)
    assert len(calls) == 5


def test_gradients_agree_with_finite_differences() -> None:
    z, rho = (x.requires_grad_() for x in start(2))
    step = torch.tensor([0.1, 0.2, 0.05]).double().requires_grad_()
    scales = torch.tensor([0.9, 0.7]).double().requires_grad_()

    def moved(z: Tensor, rho: Tensor, step: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
        return leapfrog(z, rho, force, step, scales.unbind())

    assert torch.autograd.gradcheck(moved, (z, rho, step, scales))
