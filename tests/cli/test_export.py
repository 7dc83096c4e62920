"""`ae export`: files that other programs read."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import aetrain
from tests.cli.conftest import Ae


def test_encoder_and_decoder_in_onnxruntime(trained_run: Path, here: Path, ae: Ae):
    status, out, err = ae("export", trained_run, "-o", "out", "--json")
    assert (status, err) == (0, "")
    files = json.loads(out)["files"]
    assert [Path(f["file"]).name for f in files] == ["encoder.onnx", "decoder.onnx"]
    assert all(f["largest_difference"] < 1e-5 for f in files)
    x = torch.rand(4, 1, 8, 8)
    model = aetrain.load(trained_run)
    (z,) = onnxruntime.InferenceSession("out/encoder.onnx").run(None, {"x": x.numpy()})
    np.testing.assert_allclose(z, model.encode(x).numpy(), rtol=1e-5, atol=1e-5)
    (found,) = onnxruntime.InferenceSession("out/decoder.onnx").run(None, {"z": z})
    np.testing.assert_allclose(found, model.reconstruct(x).numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["torch_export", "safetensors"])
def test_other_formats(name: str, trained_run: Path, here: Path, ae: Ae):
    status, out, err = ae("export", trained_run, "--format", name, "-o", "out")
    assert (status, err) == (0, "")
    for line in out.splitlines():
        if line.startswith("file: "):
            assert Path(line.removeprefix("file: ")).stat().st_size > 1000
    assert len(list(Path("out").iterdir())) == (1 if name == "safetensors" else 2)


def test_wrong_lines(trained_run: Path, here: Path, ae: Ae):
    Path("file").write_text("")
    for line, message in (
        (("--format", "tflite"), "'tflite' is not one of 'onnx', 'torch_export', 'safetensors'"),
        (("-o", "file/x"), "cannot be written"),
    ):
        status, _, err = ae("export", trained_run, *line)
        assert status == 2
        assert message in err
        assert len(err.splitlines()) == 1
