"""One battery over every posterior in conf/ that is a flow."""

from typing import Any

import pytest
import torch

from aetrain.distributions.flow import Flow
from tests.battery import Case, cases
from tests.posteriors.space import family, raw_for

FLOWS = [
    p
    for p in cases("posterior")
    for made in [family(p.values[0], 6)]
    if isinstance(made(raw_for(made)), Flow)
]

every_flow = pytest.mark.parametrize("case", FLOWS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_they_are_found() -> None:
    found = {p.values[0].choice for p in FLOWS}
    assert found >= {"planar", "radial", "sylvester"}


@every_flow
def test_the_log_determinant_is_that_of_the_jacobian(case: Case) -> None:
    made = family(case, 6)
    for transform in made(2 * raw_for(made)).transforms:
        for z in 2 * torch.randn(3, 6, dtype=torch.float64):
            found: Any = torch.autograd.functional.jacobian(
                lambda z, t=transform: t.forward(z)[0], z
            )
            expected = torch.linalg.slogdet(found).logabsdet
            log_det = transform.forward(z)[1].detach()
            torch.testing.assert_close(log_det, expected, rtol=1e-8, atol=1e-8)


@every_flow
def test_the_inverse_undoes_the_map(case: Case) -> None:
    made = family(case, 6)
    q = made(2 * raw_for(made, 3))
    for transform in q.transforms:
        z = 2 * torch.randn(2, 3, 6, dtype=torch.float64)
        there = transform.inverse(transform.forward(z)[0])
        torch.testing.assert_close(there, z, rtol=1e-6, atol=1e-6)
        back = transform.forward(transform.inverse(z))[0]
        torch.testing.assert_close(back, z, rtol=1e-6, atol=1e-6)


@every_flow
def test_parameters_of_a_batch_meet_samples_in_front(case: Case) -> None:
    made = family(case, 6)
    raw, z = raw_for(made, 3), torch.randn(2, 3, 6, dtype=torch.float64)
    together = made(raw).transforms
    for i in range(3):
        for whole, one in zip(together, made(raw[i]).transforms, strict=True):
            for a, b in zip(whole.forward(z), one.forward(z[:, i]), strict=True):
                shape = (2, 3, *a.shape[2:])
                torch.testing.assert_close(a.expand(shape)[:, i], b.expand_as(a[:, i]))


@every_flow
def test_the_density_of_the_last_draw_is_known(case: Case) -> None:
    made = family(case, 6)
    raw = raw_for(made, 3).requires_grad_()
    q = made(raw)
    for shape in [(2,), ()]:
        z = q.rsample(shape)
        assert q.source(z)[0] is q.source(z)[0]  # nothing was computed
        again = q.log_prob(z.detach().clone())
        torch.testing.assert_close(q.log_prob(z), again, rtol=1e-7, atol=1e-7)
