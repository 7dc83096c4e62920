"""The Laplace distribution's rates against torch's and quadrature."""

import math
from typing import Any

import torch
from scipy import integrate, stats
from torch.distributions import Independent, Laplace, kl_divergence

from aetrain.distributions.centred_laplace import CentredLaplace
from aetrain.distributions.diagonal_laplace import DiagonalLaplace
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal


def laplace(*batch: int) -> DiagonalLaplace:
    loc, log_scale = torch.randn(2, *batch, 5, dtype=torch.float64)
    return DiagonalLaplace(loc, log_scale)


def test_between_laplaces() -> None:
    torch.manual_seed(0)
    q, p = laplace(4), laplace()
    expected = kl_divergence(
        Independent(Laplace(q.loc, q.scale), 1),
        Independent(Laplace(p.loc.expand(4, 5), p.scale.expand(4, 5)), 1),
    )
    torch.testing.assert_close(kl_divergence(q, p), expected)
    zero = torch.zeros(5, dtype=torch.float64)
    same = DiagonalLaplace(zero, zero + math.log(0.3))
    torch.testing.assert_close(kl_divergence(q, CentredLaplace(zero, 0.3)), kl_divergence(q, same))
    assert kl_divergence(q, q).abs().max() < 1e-12


def test_to_normals_by_quadrature() -> None:
    torch.manual_seed(0)
    q = laplace()
    loc, log_scale = torch.randn(2, 5, dtype=torch.float64)
    zero = torch.zeros(5, dtype=torch.float64)
    cases = [(DiagonalNormal(loc, log_scale, 1), loc, log_scale.exp())]
    for p, m, s in [*cases, (StandardNormal(zero, 1), zero, zero + 1)]:
        total = 0.0
        for i in range(5):
            one: Any = stats.laplace(q.loc[i].item(), q.scale[i].item())
            other: Any = stats.norm(m[i].item(), s[i].item())

            def ratio(x: float, one: Any = one, other: Any = other) -> float:
                return one.pdf(x) * (one.logpdf(x) - other.logpdf(x))

            middle, width = one.mean(), 40 * one.std()
            total += integrate.quad(ratio, middle - width, middle)[0]
            total += integrate.quad(ratio, middle, middle + width)[0]
        torch.testing.assert_close(kl_divergence(q, p).item(), total, rtol=1e-7, atol=1e-7)
