"""Independent vectors as one, and a class as a point."""

import torch
from torch.distributions import MultivariateNormal
from torch.nn.functional import log_softmax

from aetrain.distributions.concatenated import Concatenated
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.soft_class import SoftClass


def test_two_normals_are_one_of_a_block_diagonal() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(4, 2).double(), torch.randn(4, 3).double()
    q = Concatenated([DiagonalNormal(x, 0.1 * x, 1) for x in (a, b)])
    both = torch.cat([a, b], 1)
    oracle = MultivariateNormal(both, torch.diag_embed((0.2 * both).exp()))
    z = q.rsample((7,))
    assert (q.batch_shape, q.event_shape, z.shape) == ((4,), (5,), (7, 4, 5))
    torch.testing.assert_close(q.log_prob(z), oracle.log_prob(z))
    torch.testing.assert_close(q.mean, oracle.mean)
    torch.testing.assert_close(q.variance, oracle.variance)


def test_a_class_is_its_probabilities() -> None:
    logits = torch.tensor([[1.0, 2.0, -300.0], [0.0, 0.0, 0.0]], requires_grad=True)
    q = SoftClass(logits)
    z = q.rsample((5,))
    assert (q.batch_shape, q.event_shape, z.shape) == ((2,), (3,), (5, 2, 3))
    torch.testing.assert_close(z[3], logits.softmax(-1))
    assert z.requires_grad
    assert not q.sample().requires_grad
    surprise = q.surprise(torch.tensor([2, -1]))
    torch.testing.assert_close(surprise, torch.stack([-log_softmax(logits, -1)[0, 2], z.sum() * 0]))
