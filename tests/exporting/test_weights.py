"""Weights as safetensors: read by the package of that name, a model is built from them again."""

import json
import os
import stat
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from aetrain.build import build_model
from aetrain.exporting.weights import write_weights
from tests.exporting.test_formats import trained


def test_a_model_is_built_from_the_file_alone(tmp_path: Path):
    for model, more in (("vae", ()), ("ae", ("network=tied",))):
        one = trained(model, *more)
        write_weights(one, tmp_path / "w.safetensors")
        with safe_open(tmp_path / "w.safetensors", "pt") as file:
            about = {name: json.loads(text) for name, text in file.metadata().items()}
        other = build_model(about["config"], torch.Size(about["event"]))
        other.load_state_dict(load_file(tmp_path / "w.safetensors"))
        x = torch.rand(3, 1, 8, 8)
        torch.testing.assert_close(other.eval().encode(x).mean, one.encode(x), rtol=0, atol=0)
        assert about["latent"] == [2]


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_who_may_read_the_file_is_what_the_umask_says(mask: int, tmp_path: Path):
    before = os.umask(mask)
    try:
        write_weights(trained("vae"), tmp_path / "w.safetensors")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "w.safetensors").stat().st_mode) == 0o666 & ~mask
