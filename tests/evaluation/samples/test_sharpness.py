"""Sharpness against scipy's Laplacian."""

import pytest
import torch
from scipy.ndimage import gaussian_filter, laplace

from aetrain.evaluation.samples.sharpness import laplacian_variance, relative_sharpness

G = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("channels", [1, 3])
def test_scipys_laplacian(channels: int):
    x = torch.rand(4, channels, 9, 7, generator=G, dtype=torch.float64)
    for image, found in zip(x, laplacian_variance(x)):
        inner = torch.stack([torch.from_numpy(laplace(c.numpy()))[1:-1, 1:-1] for c in image])
        assert found.item() == pytest.approx(inner.numpy().var())


def test_blurred_images_are_less_sharp_and_the_error_is_the_spread():
    x = torch.rand(400, 1, 12, 12, generator=G, dtype=torch.float64)
    blurred = torch.from_numpy(gaussian_filter(x.numpy(), (0, 0, 1, 1)))
    sharp, soft = laplacian_variance(x), laplacian_variance(blurred)
    assert relative_sharpness(soft, sharp).value < 0.1
    assert relative_sharpness(sharp, sharp).value == 1
    halves = [relative_sharpness(*sharp[torch.randperm(400, generator=G)].split(200))
              for _ in range(200)]  # fmt: skip
    spread = torch.tensor([h.value for h in halves]).std().item()
    assert halves[0].error == pytest.approx(spread, rel=0.25)
