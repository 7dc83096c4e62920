"""The change of classes around an example, against directions that are known."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import kl_div

from aetrain.classes.virtual_adversarial import virtual_adversarial


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def linear(classes: int, size: int = 12) -> Tensor:
    return torch.randn(classes, size, dtype=torch.float64)


def divergence(w: Tensor, x: Tensor, r: Tensor) -> Tensor:
    before, after = ((points @ w.T).log_softmax(-1) for points in (x, x + r))
    return kl_div(after, before, reduction="none", log_target=True).sum(-1)


def test_of_two_classes_it_is_the_divergence_along_the_difference_of_their_weights() -> None:
    w, x = linear(2), 0.1 * torch.randn(50, 12, dtype=torch.float64)
    found = virtual_adversarial(lambda x: x @ w.T, x, radius=0.3)
    way = 0.3 * (w[0] - w[1]) / (w[0] - w[1]).norm()
    both = torch.stack([divergence(w, x, way), divergence(w, x, -way)])
    assert ((found - both).abs().amin(0) < 1e-9).all()


def test_hardly_any_random_way_changes_classes_more() -> None:
    w, x = linear(10), 0.3 * torch.randn(50, 12, dtype=torch.float64)
    found = virtual_adversarial(lambda x: x @ w.T, x, radius=0.3)
    r = torch.randn(200, 50, 12, dtype=torch.float64)
    r = 0.3 * r / r.norm(dim=-1, keepdim=True)
    assert (found > divergence(w, x, r)).double().mean() > 0.97


def test_only_the_changed_side_has_a_gradient() -> None:
    """Of two classes the way does not depend on where it begins, but for its sign."""
    w, x = linear(2).requires_grad_(), 0.1 * torch.randn(1, 12, dtype=torch.float64)
    found = virtual_adversarial(lambda x: x @ w.T, x, radius=0.3)
    (gradient,) = torch.autograd.grad(found.sum(), w)
    fixed = w.detach()
    ways = [sign * 0.3 * (fixed[0] - fixed[1]) / (fixed[0] - fixed[1]).norm() for sign in (1, -1)]
    expected = []
    for r in ways:
        log_p, log_q = (x @ fixed.T).log_softmax(-1), ((x + r) @ w.T).log_softmax(-1)
        cost = kl_div(log_q, log_p, reduction="none", log_target=True).sum()
        expected += torch.autograd.grad(cost, w)
    assert min((gradient - e).abs().max().item() for e in expected) < 1e-9


def test_images_and_an_example_on_which_nothing_depends() -> None:
    x = torch.rand(3, 1, 4, 4)
    assert (virtual_adversarial(lambda x: 0 * x.flatten(1)[:, :5], x, radius=1.0) == 0).all()
    with torch.no_grad():  # as where a model is tried out
        changed = virtual_adversarial(lambda x: x.flatten(1)[:, :5], x, radius=1.0)
    assert changed.shape == (3,)
    assert (changed > 0).all()


@pytest.mark.parametrize("gap", [20.0, 45.0, 60.0, 75.0, 130.0])
def test_no_certainty_takes_it_further_than_the_radius(gap: float) -> None:
    """The gradient is as small as the other class's probability, its square soon 0, at last it."""
    seen: list[Tensor] = []

    def logits(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return torch.stack([gap + x[:, 0], x[:, 1]], -1)

    x = torch.rand(20, 2)
    found = virtual_adversarial(logits, x, radius=0.5)
    lengths = (seen[-1] - x).norm(dim=1)
    assert ((lengths - (0.5 if gap < 100 else 0.0)).abs() < 1e-5).all()
    assert (found.abs() < 1e-6).all()
