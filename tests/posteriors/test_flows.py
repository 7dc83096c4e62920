"""Planar, radial and Sylvester maps: the papers' formulas, and what holds at their limits."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from aetrain.distributions.frame import Identity, LowRankChange, Matrix, Reversal
from aetrain.distributions.planar_step import PlanarStep
from aetrain.distributions.radial_step import RadialStep
from aetrain.distributions.sylvester_step import SylvesterStep
from aetrain.posteriors.frames import Alternating, Frames, Householder, Orthogonal
from aetrain.posteriors.planar import Planar
from aetrain.posteriors.radial import Radial
from aetrain.posteriors.sylvester import Sylvester

D = 5
FRAMES = [Orthogonal(D, D), Orthogonal(D, 2), Orthogonal(D, 1), Householder(D, 3), Alternating(D)]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


# --- planar ---


@pytest.mark.parametrize("size", [1e-8, 0.1, 1.0, 5.0])
def test_the_planar_map_is_the_papers(size: float) -> None:
    u, w, b, z = 3 * normal(D), size * normal(D), normal(), normal(7, D)
    step = PlanarStep(u, w, b, bound=1e12)
    un, wn = u.numpy(), w.numpy()
    along = float(wn @ un)
    m = -1 + math.log(1 + (math.e - 1) * math.exp(along)) if along < 500 else along
    if size > 1e-3:  # else the formula has lost its digits, and step.u has not
        expected = un + (m - along) * wn / (wn @ wn)
        np.testing.assert_allclose(step.u, expected, rtol=1e-9, atol=1e-9)
    assert (step.w * step.u).sum().item() > -1
    torch.testing.assert_close((step.w * step.u).sum(), step.stretch - 1)
    moved = z.numpy() + step.u.numpy() * np.tanh(z.numpy() @ wn + b.item())[:, None]
    np.testing.assert_allclose(step.forward(z)[0], moved)


def test_a_planar_map_without_direction_or_strength_moves_little() -> None:
    z = normal(7, D)
    for u, w in [(normal(D), torch.zeros(D).double()), (torch.zeros(D).double(), normal(D))]:
        step = PlanarStep(u, w, torch.zeros(()).double())
        moved, log_det = step.forward(z)
        torch.testing.assert_close(moved, z, rtol=0, atol=1e-12)
        torch.testing.assert_close(log_det, torch.zeros(7).double(), rtol=0, atol=1e-12)


def test_a_planar_map_that_all_but_folds_is_still_undone() -> None:
    w = normal(D)
    step = PlanarStep(-100 * w, w, torch.zeros(()).double())
    assert step.stretch.item() < 1e-4
    z = 0.3 * normal(20, D)
    torch.testing.assert_close(step.inverse(step.forward(z)[0]), z, rtol=1e-6, atol=1e-6)


# --- radial ---


def test_the_radial_map_is_the_papers() -> None:
    c, log_alpha, b, z = normal(D), normal(), normal(), normal(7, D)
    step = RadialStep(c, log_alpha, b)
    alpha = math.exp(log_alpha)
    beta = alpha * (math.log(1 + (math.e - 1) * math.exp(b)) - 1)
    assert beta > -alpha
    h = 1 / (alpha + (z - c).square().sum(-1, keepdim=True).sqrt())
    torch.testing.assert_close(step.forward(z)[0], z + beta * h * (z - c))


def test_a_radial_map_of_strength_0_is_the_identity_and_leaves_its_centre() -> None:
    c, z = normal(D), normal(7, D)
    moved, log_det = RadialStep(c, normal(), torch.zeros(()).double()).forward(z)
    torch.testing.assert_close(moved, z, rtol=0, atol=1e-12)
    torch.testing.assert_close(log_det, torch.zeros(7).double(), rtol=0, atol=1e-12)
    for b in (-5.0, 5.0):
        step = RadialStep(c, normal(), torch.tensor(b).double())
        torch.testing.assert_close(step.forward(c)[0], c)
        torch.testing.assert_close(step.inverse(c), c)
        far = 1e6 * normal(D)
        torch.testing.assert_close(step.inverse(step.forward(far)[0]), far)


# --- Sylvester ---


def columns(frame: Any, width: int, batch: tuple[int, ...] = ()) -> Tensor:
    """Return Q (*batch, D, M)."""
    one = torch.eye(width, dtype=torch.float64).view(width, *[1] * len(batch), width)
    return frame.out(one.expand(width, *batch, width)).movedim(0, -1)


@pytest.mark.parametrize("frames", FRAMES, ids=lambda f: f"{type(f).__name__}-{f.width}")
@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 1e4, -1e4])
def test_frames_are_orthonormal(frames: Frames, size: float) -> None:
    drawn = size * normal(3, 4, frames.size)
    for raw in (drawn, torch.full_like(drawn, size)):
        for frame in frames.made(raw):
            assert isinstance(frame, Matrix | LowRankChange | Identity | Reversal)
            q = columns(frame, frames.width, (3,))
            assert q.shape == (3, D, frames.width)
            eye = torch.eye(frames.width).double().expand(3, -1, -1)
            torch.testing.assert_close(q.mT @ q, eye, rtol=0, atol=1e-9)
            z = normal(6, 3, D)
            torch.testing.assert_close(frame.into(z), (q.mT @ z.unsqueeze(-1)).squeeze(-1))


@pytest.mark.parametrize("frames", [Orthogonal(64, 32), Householder(64, 8)], ids=["32", "8"])
def test_orthonormal_in_float32(frames: Frames) -> None:
    drawn = 5 * torch.randn(3, 2, frames.size)
    nearly_one = torch.randn(3, 2, 1) + 1e-3 * drawn  # reflections along almost the same line
    for raw in (drawn, nearly_one):
        for frame in frames.made(raw):
            eye = torch.eye(frames.width)
            q = frame.out(eye.view(-1, 1, frames.width).expand(-1, 3, -1)).movedim(0, -1)
            torch.testing.assert_close(q.mT @ q, eye.expand(3, -1, -1), rtol=0, atol=1e-4)


def test_householder_is_a_product_of_reflections() -> None:
    frames = Householder(D, 3)
    raw = normal(1, frames.size)
    v = raw.view(3, D) * 10 / (10 + raw.view(3, D).abs())
    expected = torch.eye(D).double()
    for n in v / v.norm(dim=-1, keepdim=True):
        expected = expected @ (torch.eye(D).double() - 2 * torch.outer(n, n))
    torch.testing.assert_close(columns(frames.made(raw)[0], D), expected)


def test_the_steps_of_orthogonal_frames_begin_with_all_coordinates_in_turn() -> None:
    frames = Orthogonal(D, 2)
    begun = frames.made(torch.zeros(3, frames.size).double())
    seen = torch.cat([columns(frame, 2) for frame in begun], -1).abs().sum(-1)
    assert (seen > 0).all()


@pytest.mark.parametrize("frames", FRAMES, ids=lambda f: f"{type(f).__name__}-{f.width}")
def test_the_sylvester_map_is_the_papers(frames: Frames) -> None:
    m = frames.width
    for frame in frames.made(normal(2, frames.size)):
        outer, inner, b = normal(m, m).triu(), normal(m, m).triu(), normal(m)
        outer, inner = (r / (1 + r.diagonal().abs().max()) for r in (outer, inner))
        step, z = SylvesterStep(frame, outer, inner, b), normal(7, D)
        q = columns(frame, m)
        expected = z + (z @ q @ inner.mT + b).tanh() @ outer.mT @ q.mT
        torch.testing.assert_close(step.forward(z)[0], expected)
        torch.testing.assert_close(step.inverse(expected), z, rtol=1e-9, atol=1e-9)


def test_one_sylvester_direction_is_a_planar_map() -> None:
    """With M = 1: u = r q, w = r̃ q, whose determinant is 1 + tanh' r r̃."""
    frames = Orthogonal(D, 1)
    frame = frames.made(normal(1, frames.size))[0]
    q, r, s, b, z = columns(frame, 1)[:, 0], 0.8, -0.9, normal(1), normal(7, D)
    step = SylvesterStep(frame, torch.tensor([[r]]).double(), torch.tensor([[s]]).double(), b)
    moved, log_det = step.forward(z)
    t = (s * z @ q + b).tanh()
    torch.testing.assert_close(moved, z + r * t.unsqueeze(-1) * q)
    torch.testing.assert_close(log_det, torch.log(1 + (1 - t * t) * r * s))


# --- the families ---


def test_raw_zeros_leave_the_base_as_it_is() -> None:
    for family in (Planar((D,)), Radial((D,)), Sylvester((D,)), Sylvester((D,), kind="triangular")):
        q = family(torch.zeros(family.parameter_shape).double())
        z = normal(3, D)
        torch.testing.assert_close(q.log_prob(z), q.base.log_prob(z))


def test_the_first_outputs_are_the_bases_mean() -> None:
    """A decoder that is tied to the encoder takes them for the code."""
    for family in (Planar((D,)), Radial((D,)), Sylvester((D,))):
        raw = normal(*family.parameter_shape)
        assert torch.equal(family(raw).base.mean, raw[:D])
