"""What all families share; their batteries are test_likelihoods, test_posteriors, test_priors."""

import pytest
import torch

from aetrain.errors import UserError
from aetrain.families import full_precision, soft_bound
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.posteriors.delta import Delta
from tests.battery import Case, oracle


def test_a_missing_oracle_says_where_to_add_one() -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"no_such\.yaml has no oracle: add .*oracles/likelihoods\.py"
    ):
        oracle(Case("likelihood", "no_such"))


def test_a_point_mass_is_its_point() -> None:
    raw = torch.randn(4, 5, requires_grad=True)
    q = Delta((5,))(raw)
    assert torch.equal(q.mean, raw)
    assert torch.equal(q.mode, raw)
    assert torch.equal(q.rsample((3,)), raw.expand(3, 4, 5))
    assert not q.variance.any()
    assert not q.sample().requires_grad
    assert "Delta" in repr(q)
    with pytest.raises(UserError) as caught:
        q.log_prob(raw)
    assert str(caught.value) == (
        "posterior=delta is a point mass without a density, so there is no rate:"
        " use objective=reconstruction, or posterior=diagonal_gaussian with model=vae"
    )


def test_soft_bound() -> None:
    x = torch.tensor([-1e30, -1e4, -1.0, 0.0, 1e-3, 1.0, 1e4, 1e30], requires_grad=True)
    y = soft_bound(x, 10.0)
    assert (y.abs() <= 10).all()
    assert (y.diff() >= 0).all()
    torch.testing.assert_close(y[4], x[4], rtol=2e-4, atol=0)
    y[1:-1].sum().backward()
    assert x.grad is not None
    assert (x.grad[1:-1] > 0).all()
    assert x.grad[3] == 1


def test_full_precision() -> None:
    for dtype, expected in [
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ]:
        assert full_precision(torch.zeros(1, dtype=dtype)).dtype == expected


def test_a_family_shows_its_event() -> None:
    assert repr(Bernoulli((1, 8, 8))) == "Bernoulli(event=(1, 8, 8))"
