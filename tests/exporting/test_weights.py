"""Weights as safetensors: read by the package of that name, a model is built from them again."""

import json
from pathlib import Path

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
