"""InfoVAE's terms are the ELBO's and the discrepancy of its codes."""

import torch

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.objectives.elbo import elbo
from aetrain.objectives.infovae import infovae
from aetrain.objectives.kernels import rbf
from aetrain.objectives.mmd import mmd
from tests.objectives.toy import pass_of, terms_of

B, D, S = 6, 3, 2


def test_terms() -> None:
    torch.manual_seed(0)
    q = DiagonalNormal(torch.randn(B, D), torch.randn(B, D), 1)
    inference = pass_of(q, StandardNormal(torch.zeros(D), 1), S)
    torch.manual_seed(1)
    found = terms_of(infovae, inference, kernel=rbf)
    torch.manual_seed(1)
    draws = torch.randn(S, B, D)
    plain = terms_of(elbo, inference)
    assert list(found) == ["distortion", "rate", "mmd"]
    assert torch.equal(found["distortion"], plain["distortion"])
    assert torch.equal(found["rate"], plain["rate"])
    torch.testing.assert_close(found["mmd"], mmd(inference.z, draws, rbf))
