"""The norm by passes backwards, by passes forwards, and by probes."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from aetrain.regularisers import jacobian
from aetrain.regularisers.jacobian import squared_norm


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def bent(inputs: int, outputs: int) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Return a function of (..., inputs) to (..., outputs, 1), and its parameter."""
    w = torch.randn(outputs, inputs, dtype=torch.float64, requires_grad=True)
    return lambda x: (x.square() @ w.T + x.sum(-1, keepdim=True)).tanh()[..., None], w


def points(inputs: int) -> Tensor:
    return (0.3 * torch.randn(4, inputs, dtype=torch.float64)).requires_grad_()


def expected(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    whole = [torch.autograd.functional.jacobian(f, v, create_graph=True) for v in x]
    return torch.stack([j.square().sum() for j in whole if isinstance(j, Tensor)])


@pytest.mark.parametrize(("inputs", "outputs"), [(5, 3), (1, 3), (3, 40), (3, 1), (1, 1)])
@pytest.mark.parametrize("rows", [1, 8, 400])
def test_exact(inputs: int, outputs: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is its gradient, by parameters and points, however many rows are held at a time."""
    monkeypatch.setattr(jacobian, "ROWS", rows)
    (f, w), x = bent(inputs, outputs), points(inputs)
    found, wanted = squared_norm(f(x), x, None, trained=True), expected(f, x)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-14)
    gradients = [torch.autograd.grad(norm.sum(), [x, w]) for norm in (found, wanted)]
    torch.testing.assert_close(*gradients, rtol=1e-11, atol=1e-13)


def test_passes_are_as_many_as_the_smaller_side_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors: list[torch.Size] = []
    part = jacobian._part

    def counted(y: Tensor, x: Tensor, v: Tensor, trained: bool) -> Tensor:
        vectors.append(v.shape)
        return part(y, x, v, trained)

    monkeypatch.setattr(jacobian, "_part", counted)
    for inputs, outputs in [(5, 3), (3, 5), (3, 40)]:
        f, _ = bent(inputs, outputs)
        x = points(inputs)
        squared_norm(f(x), x, None, trained=False)
    assert vectors == [(3, 4, 3, 1), (5, 4, 5, 1), (3, 4, 3)]


def test_not_trained_it_has_no_graph() -> None:
    for inputs, outputs in [(5, 3), (3, 40)]:
        f, _ = bent(inputs, outputs)
        x = points(inputs)
        assert not squared_norm(f(x), x, None, trained=False).requires_grad
        assert squared_norm(f(x), x, None, trained=True).requires_grad


@pytest.mark.parametrize("probes", [1, 3])
def test_probes_are_right_on_average(probes: int) -> None:
    """Within four standard errors of the mean; with more probes the variance is less by as much."""
    (f, _), n = bent(5, 6), 20_000
    x = points(5)
    many = x.detach().repeat(n, 1).requires_grad_()
    found = squared_norm(f(many), many, probes, trained=False).reshape(n, 4)
    wanted = expected(f, x).detach()
    error = found.std(0) / n**0.5
    assert ((found.mean(0) - wanted).abs() < 4 * error).all()
    # the variance over signs r of rᵀ A r, A = J Jᵀ, is 2 Σ of the squares off A's diagonal
    whole = torch.stack([torch.autograd.functional.jacobian(f, v).flatten(0, 1) for v in x])
    a = whole @ whole.mT
    off = a.square().sum((1, 2)) - a.diagonal(dim1=1, dim2=2).square().sum(1)
    torch.testing.assert_close(found.var(0), 2 * off / probes, rtol=0.1, atol=0.0)


def test_through_a_layer_norm_it_is_right() -> None:
    """Whose third derivative is not: there, no pass goes forwards."""
    linear, norm = nn.Linear(2, 40).double(), nn.LayerNorm(40).double()
    x = points(2)

    def f(x: Tensor) -> Tensor:
        return norm(linear(x).tanh())

    parameters = [x, *linear.parameters()]
    norms = squared_norm(f(x), x, None, trained=True), expected(f, x)
    found, wanted = (torch.autograd.grad(n.sum(), parameters) for n in norms)
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-11)
