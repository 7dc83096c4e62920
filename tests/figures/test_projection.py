import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from aetrain.figures.projection import FITTED, project


def wide(count: int, size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(size)
    scale = torch.logspace(1, -1, size, dtype=torch.float64)
    x = torch.randn(count, size, generator=generator, dtype=torch.float64) * scale
    turned = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]
    return x @ turned + 3


@pytest.mark.parametrize(("count", "size"), [(500, 3), (300, 40), (30, 100), (40, 40)])
def test_agrees_with_pca_up_to_sign_and_origin(count: int, size: int) -> None:
    codes = wide(count, size)
    plane, shares = project(codes)
    pca = PCA(2, svd_solver="full").fit(codes.numpy())
    expected = codes.numpy() @ pca.components_.T
    signs = np.sign((expected * plane.numpy()).sum(0))
    assert np.allclose(plane, signs * expected, rtol=1e-5, atol=1e-4)
    assert shares is not None
    assert np.allclose(shares, pca.explained_variance_ratio_, atol=1e-6)


def test_agrees_with_the_svd() -> None:
    codes = wide(200, 12)
    plane, _ = project(codes)
    left, values, _ = np.linalg.svd((codes - codes.mean(0)).numpy(), full_matrices=False)
    centred = plane - plane.mean(0)
    assert np.allclose(np.abs(centred.numpy()), np.abs(left[:, :2] * values[:2]), atol=1e-4)


def test_a_standard_normal_stays_one_around_the_origin() -> None:
    plane, _ = project(torch.randn(20_000, 16, generator=torch.Generator().manual_seed(0)))
    assert plane.mean(0).abs().max() < 0.03
    assert (plane.std(0) - 1).abs().max() < 0.05


def test_the_picture_does_not_flip() -> None:
    codes = wide(300, 5)
    first, _ = project(codes)
    again, _ = project(codes.flip(0))
    assert torch.allclose(first, again.flip(0), atol=1e-4)
    mirrored, _ = project(-codes)
    assert torch.allclose(first, -mirrored, atol=1e-4)


@pytest.mark.parametrize("size", [1, 2])
def test_one_and_two_dimensions_stay_as_they_are(size: int) -> None:
    codes = torch.randn(9, size)
    plane, shares = project(codes)
    assert torch.equal(plane, codes)
    assert shares is None


def test_codes_of_any_shape_are_flattened() -> None:
    codes = torch.randn(50, 3, 4, 4)
    assert torch.equal(project(codes)[0], project(codes.flatten(1))[0])


def test_wide_codes_are_fitted_to_a_part_of_them() -> None:
    codes = wide(FITTED + 100, FITTED + 1)
    plane, shares = project(codes)
    pca = PCA(2, svd_solver="arpack", random_state=0).fit(codes.numpy())
    assert plane.shape == (FITTED + 100, 2)
    assert shares is not None
    assert np.allclose(shares, pca.explained_variance_ratio_, atol=2e-3)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_codes(count: int) -> None:
    plane, shares = project(torch.randn(count, 5))
    assert plane.shape == (count, 2)
    assert plane.isfinite().all()
    assert shares is not None
    assert shares.isfinite().all()


def test_collapsed_codes_explain_nothing() -> None:
    plane, shares = project(torch.zeros(10, 4))
    assert not plane.any()
    assert shares is not None
    assert not shares.any()


def test_rows_that_are_not_finite_spoil_no_other() -> None:
    codes = wide(100, 6)
    broken = torch.cat([codes, torch.full((1, 6), torch.nan, dtype=codes.dtype)])
    plane, _ = project(broken)
    assert torch.allclose(plane[:-1], project(codes)[0])
    assert plane[-1].isnan().all()


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    project(torch.zeros(5, 4))
    assert torch.equal(before, torch.get_rng_state())
