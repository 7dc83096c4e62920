"""Independent binary values against torch's own."""

import torch
from torch.distributions import Bernoulli, Independent

from aetrain.distributions.independent_bernoulli import IndependentBernoulli


def test_it_is_torchs_distribution() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 5, 2, 3, dtype=torch.float64)
    p = IndependentBernoulli(logits, 2)
    theirs = Independent(Bernoulli(logits=logits), 2)
    x = (torch.rand(5, 2, 3) < 0.5).double()
    for values in (x, x.expand(7, 4, 5, 2, 3)):
        assert torch.allclose(p.log_prob(values), theirs.log_prob(values), rtol=1e-12)
    assert torch.equal(p.mean, theirs.mean)
    assert p.batch_shape == (4, 5)
    assert p.event_shape == (2, 3)
    assert torch.allclose(p.entropy(), theirs.entropy())
    assert set(p.sample((2,)).unique().tolist()) == {0.0, 1.0}
