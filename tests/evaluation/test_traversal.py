"""Traversals move one number at a time."""

import pytest
import torch

from aetrain.build import build_model
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.errors import UserError
from aetrain.evaluation.traversal import traversal


def made(*overrides: str):
    config = check_early(compose(["latent=3", "network.hidden=[4]", *overrides]).cfg)
    return build_model(config, (1, 8, 8)).eval()


def test_each_row_moves_its_own_number():
    codes = torch.randn(1000, 3) * torch.tensor([0.1, 2.0, 1.0]) + 5
    found = traversal(made(), codes, steps=5, span=2)
    assert found.dims == [1, 2, 0]
    assert found.z.shape == (3, 5, 3)
    assert torch.allclose(found.z[:, 2], codes.mean(0).expand(3, 3))
    low, high = found.z[0, 0], found.z[0, -1]
    assert torch.allclose((high - low)[1], 4 * codes[:, 1].std())
    assert torch.equal(low[[0, 2]], high[[0, 2]])


def test_the_base_keeps_the_other_numbers():
    base = torch.tensor([7.0, 8.0, 9.0])
    found = traversal(made(), torch.randn(50, 3), base=base, dims=[2], steps=3)
    assert torch.equal(found.z[0, :, :2], base[:2].expand(3, 2))


def test_what_cannot_move_along_a_number():
    with pytest.raises(UserError, match="--dim 3: a code has 3 numbers; choose from 0 to 2"):
        traversal(made(), torch.randn(5, 3), dims=[3])
    sphere = made("model=svae")
    with pytest.raises(UserError, match="vectors of length 1"):
        traversal(sphere, torch.randn(5, 3))
