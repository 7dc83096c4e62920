"""Joint distributions of layers against one Gaussian over all of them."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal, Normal

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.hierarchy import Hierarchy, descend_through, divided, joined
from aetrain.distributions.layered import LayeredPosterior, LayeredPrior
from aetrain.distributions.normal_mixture import NormalMixture
from aetrain.distributions.standard_normal import StandardNormal

B, TOP, BOTTOM = 3, 2, (3, 1)
D = TOP + 3


class Linear(Hierarchy):
    """p(u) = N(0, I), p(v|u) = N(A u, s²); q(u|x) = N(x, t²), q(v|u, x) = N(C u + E x, r²)."""

    shapes = (torch.Size((TOP,)), torch.Size(BOTTOM))
    a: Tensor
    c: Tensor
    e: Tensor
    s: Tensor
    t: Tensor
    r: Tensor

    def __init__(self, top: Distribution | None = None) -> None:
        super().__init__()
        self.top = top or StandardNormal(torch.zeros(TOP).double(), 1)
        for name, shape in {"a": (3, TOP), "c": (3, TOP), "e": (3, TOP)}.items():
            self.register_parameter(name, nn.Parameter(torch.randn(shape).double()))
        for name, size in {"s": 3, "t": TOP, "r": 3}.items():
            self.register_parameter(name, nn.Parameter(0.3 * torch.randn(size).double()))
        self.ways = 0

    def begin(self, n: int) -> Any:
        self.ways += 1
        return None

    def prior(self, layer: int, state: Any) -> tuple[Distribution, Any]:
        if layer == 0:
            return self.top, state
        loc = (state @ self.a.mT).unflatten(1, BOTTOM)
        return DiagonalNormal(loc, self.s.view(BOTTOM), 2), state

    def posterior(
        self, layer: int, state: Any, prior: Distribution, evidence: Sequence[Tensor]
    ) -> Distribution:
        (x,) = evidence
        if layer == 0:
            return DiagonalNormal(x, self.t, 1)
        loc = state @ self.c.mT + x @ self.e.mT
        return DiagonalNormal(loc.unflatten(1, BOTTOM), self.r.view(BOTTOM), 2)

    def below(self, layer: int, state: Any, z: Tensor) -> Any:
        return z

    def joint_prior(self) -> MultivariateNormal:
        """The same p as one Gaussian of (u, v)."""
        return self._joint(torch.zeros(TOP).double(), torch.zeros(3).double(), self.a)

    def joint_posterior(self, x: Tensor) -> MultivariateNormal:
        """The same q."""
        return self._joint(x, x @ self.c.mT + x @ self.e.mT, self.c, self.t, self.r)

    def _joint(self, u: Tensor, v: Tensor, a: Tensor, t: Any = None, r: Any = None) -> Any:
        t = torch.zeros(TOP).double() if t is None else t
        r = self.s if r is None else r
        top = (2 * t).exp().diag()
        bottom = a @ top @ a.mT + (2 * r).exp().diag()
        rows = [torch.cat([top, top @ a.mT], 1), torch.cat([a @ top, bottom], 1)]
        return MultivariateNormal(torch.cat([u, v], -1), torch.cat(rows))


@pytest.fixture
def layers() -> Linear:
    torch.manual_seed(0)
    return Linear()


@pytest.fixture
def x(layers: Linear) -> Tensor:
    return torch.randn(B, TOP).double()


def test_shapes(layers: Linear, x: Tensor) -> None:
    q, p = LayeredPosterior(layers, [x]), LayeredPrior(layers)
    assert (q.batch_shape, q.event_shape) == ((B,), (D,))
    assert (p.batch_shape, p.event_shape) == ((), (D,))
    for shape in [(), (4,), (2, 4)]:
        for z in (q.rsample(shape), q.sample(shape)):
            assert z.shape == (*shape, B, D)
            assert q.log_prob(z).shape == p.log_prob(z).shape == (*shape, B)
        for z in (p.rsample(shape), p.sample(shape)):
            assert z.shape == (*shape, D)
            assert p.log_prob(z).shape == shape
    assert q.rsample().requires_grad
    assert p.rsample().requires_grad
    assert not q.sample().requires_grad
    assert not p.sample().requires_grad


def test_vectors_and_layers(layers: Linear) -> None:
    parts = [torch.randn(7, *shape) for shape in layers.shapes]
    assert all(map(torch.equal, divided(joined(parts), layers.shapes), parts))


def test_densities_are_those_of_one_gaussian(layers: Linear, x: Tensor) -> None:
    q, p = LayeredPosterior(layers, [x]), LayeredPrior(layers)
    for z in (q.rsample((4,)), torch.randn(4, B, D).double()):
        torch.testing.assert_close(q.log_prob(z), layers.joint_posterior(x).log_prob(z))
        torch.testing.assert_close(p.log_prob(z), layers.joint_prior().log_prob(z))


def test_a_vector_may_be_scored_under_every_posterior(layers: Linear, x: Tensor) -> None:
    z = torch.randn(5, 1, D).double()
    expected = layers.joint_posterior(x).log_prob(z)
    assert expected.shape == (5, B)
    torch.testing.assert_close(LayeredPosterior(layers, [x]).log_prob(z), expected)


@pytest.mark.parametrize("name", ["sample", "rsample"])
def test_draws_are_those_of_one_gaussian(layers: Linear, x: Tensor, name: str) -> None:
    """Means and second moments of many draws, of q for each x and of p, within 5 s.e."""
    n = 20_000
    pairs = [
        (LayeredPosterior(layers, [x]), layers.joint_posterior(x)),
        (LayeredPrior(layers), layers.joint_prior()),
    ]
    for layered, gaussian in pairs:
        z = getattr(layered, name)((n,)).detach()
        centred = z - gaussian.mean
        assert (centred.mean(0).abs() < 5 * z.std(0) / n**0.5).all()
        products = centred.unsqueeze(-1) * centred.unsqueeze(-2)
        error = products.mean(0) - gaussian.covariance_matrix
        assert (error.abs() < 5 * products.std(0) / n**0.5).all()


def test_the_mean_follows_the_means(layers: Linear, x: Tensor) -> None:
    torch.testing.assert_close(LayeredPosterior(layers, [x]).mean, layers.joint_posterior(x).mean)


def test_the_rate_is_the_joint_kl(layers: Linear, x: Tensor) -> None:
    """Layer by layer it has the expectation of log q − log p, and less variance."""
    q, p = LayeredPosterior(layers, [x]), LayeredPrior(layers)
    n = 20_000
    z = q.sample((n,))
    each = torch.stack([q.rate(one[None], p) for one in z[:1000]])
    expected = torch.distributions.kl_divergence(layers.joint_posterior(x), layers.joint_prior())
    plain = q.log_prob(z) - p.log_prob(z)
    assert ((plain.mean(0) - expected).abs() < 4 * plain.std(0) / n**0.5).all()
    assert ((q.rate(z, p) - expected).abs() < 4 * each.std(0) / n**0.5).all()
    assert (each.std(0) < plain.std(0)).all()


def test_parts_of_the_rate(layers: Linear, x: Tensor) -> None:
    q, p = LayeredPosterior(layers, [x]), LayeredPrior(layers)
    z = q.rsample((6,))
    by_layer, by_dimension = q.layer_rates(z), q.rates(z, p)
    assert by_dimension is not None
    assert by_dimension.shape == (B, D)
    top, bottom = by_dimension.split([TOP, 3], 1)
    torch.testing.assert_close(by_layer[0], top.sum(1))
    torch.testing.assert_close(by_layer[1], bottom.sum(1))
    torch.testing.assert_close(sum(by_layer), q.rate(z, p))
    u = Normal(x, layers.t.exp())
    torch.testing.assert_close(top, torch.distributions.kl_divergence(u, Normal(0.0, 1.0)))


def test_a_layer_without_a_closed_form_is_estimated() -> None:
    torch.manual_seed(0)
    loc = torch.tensor([[-1.0] * TOP, [1.0] * TOP]).double()
    layers = Linear(top=NormalMixture(loc, 0 * loc, loc[:, 0]))
    x = torch.randn(B, TOP).double()
    q, p = LayeredPosterior(layers, [x]), LayeredPrior(layers)
    z = q.rsample((6,))
    assert q.rates(z, p) is None
    down = q.down(z)
    of_top = down.posteriors[0].log_prob(down.latents[0]) - down.priors[0].log_prob(down.latents[0])
    torch.testing.assert_close(q.layer_rates(z)[0], of_top.view(6, B).mean(0))
    n = 20_000
    z = q.sample((n,))
    plain = q.log_prob(z) - p.log_prob(z)
    error = 5 * plain.std(0) / n**0.5
    assert ((q.rate(z, p) - plain.mean(0)).abs() < error).all()


def test_another_prior_is_compared_by_densities(layers: Linear, x: Tensor) -> None:
    q, other = LayeredPosterior(layers, [x]), StandardNormal(torch.zeros(D).double(), 1)
    z = q.rsample((6,))
    torch.testing.assert_close(q.rate(z, other), (q.log_prob(z) - other.log_prob(z)).mean(0))
    assert q.rates(z, other) is None


def test_the_last_draw_goes_down_once(layers: Linear, x: Tensor) -> None:
    q = LayeredPosterior(layers, [x])
    p = LayeredPrior(layers, q)
    z = q.rsample((6,))
    scored = q.log_prob(z), p.log_prob(z), q.rate(z, p), q.rates(z, p)
    assert layers.ways == 1
    copy = z.detach().clone()
    again = q.log_prob(copy), p.log_prob(copy), q.rate(copy, p), q.rates(copy, p)
    assert layers.ways == 5
    for one, other in zip(scored, again, strict=True):
        torch.testing.assert_close(one, other)


def test_a_draw_without_a_graph_is_scored_with_one(layers: Linear, x: Tensor) -> None:
    q = LayeredPosterior(layers, [x])
    z = q.sample((6,))
    assert q.log_prob(z).requires_grad
    with torch.no_grad():
        assert q.recall(z) is not None


def test_gradients_of_a_draw_are_those_of_one_gaussian(layers: Linear, x: Tensor) -> None:
    """d/dθ E_q[f] by the same noise: (u, v) = (x + tε, C u + E x + rε')."""
    q = LayeredPosterior(layers, [x])
    torch.manual_seed(1)
    z = q.rsample()
    torch.manual_seed(1)
    noise = [torch.randn(B, TOP).double(), torch.randn(B, 3).double()]
    u = x + layers.t.exp() * noise[0]
    v = u @ layers.c.mT + x @ layers.e.mT + layers.r.exp() * noise[1]
    expected = torch.cat([u, v], 1)
    own = [layers.c, layers.e, layers.t, layers.r]
    weight = torch.randn_like(z)
    torch.testing.assert_close(z, expected)
    got = torch.autograd.grad((weight * z).sum(), own)
    for one, other in zip(got, torch.autograd.grad((weight * expected).sum(), own), strict=True):
        torch.testing.assert_close(one, other)


def test_a_way_down_without_evidence_has_no_posteriors(layers: Linear) -> None:
    z = torch.randn(4, D).double()
    down = descend_through(layers, z)
    assert down.posteriors == []
    torch.testing.assert_close(joined(down.latents), z)
    assert torch.equal(down.state.flatten(1), z[:, TOP:])
