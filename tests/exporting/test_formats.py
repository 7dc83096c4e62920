"""Every model of conf/ in onnxruntime and as a torch.export program: its own outputs again."""

import io
from pathlib import Path

import onnx
import pytest
import torch

from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.exporting import formats
from aetrain.exporting.check import largest_difference
from aetrain.exporting.formats import FORMATS, TorchExport, program_of
from aetrain.exporting.part import Part, parts_of
from aetrain.trained import Trained
from tests.battery import config

EVENT = torch.Size((1, 8, 8))


def trained(model: str, *more: str) -> Trained:
    torch.manual_seed(0)
    own = config("dataset=digits", f"model={model}", "latent=2", "network.hidden=[8]", *more)
    return Trained(build_model(own, EVENT), own, EVENT)


def written(part: Part, name: str, folder: Path) -> float:
    kind = FORMATS[name]()
    path = folder / f"{part.name}{kind.suffix}"
    kind.write(part, path)
    found = kind.read(part, path)
    for size in (1, 3, 11):
        given = [x[:1].expand(size, *x.shape[1:]).contiguous() for x in part.examples]
        torch.testing.assert_close(found(*given), part.module(*given), rtol=1e-5, atol=1e-5)
    return largest_difference(part, found)


@pytest.mark.parametrize("model", ["vae", "gan", "linear_ae", "stacked_ae"])
def test_onnxruntime_and_torch_give_the_models_outputs(model: str, tmp_path: Path):
    parts = parts_of(trained(model).model)
    assert [part.name for part in parts] == ["encoder", "decoder"][model == "gan" :]
    for part in parts:
        for name in FORMATS:
            assert written(part, name, tmp_path) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("model", groups()["model"])
def test_every_model(model: str, name: str, tmp_path: Path):
    for part in parts_of(trained(model).model):
        assert written(part, name, tmp_path) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("network", ["conv", "resnet", "attention", "gated_conv", "tied"])
def test_networks(network: str, tmp_path: Path):
    model = "ae" if network == "tied" else "vae"
    own = config("dataset=digits", f"model={model}", "latent=2", f"network={network}")
    for part in parts_of(Trained(build_model(own, EVENT), own, EVENT).model):
        assert written(part, "onnx", tmp_path) < 1e-5


def test_halves_that_read_a_condition_take_it_beside_their_input(tmp_path: Path):
    encoder, decoder = parts_of(trained("caae").model)
    assert (encoder.given, decoder.given) == (["x"], ["z", "c"])
    assert written(decoder, "onnx", tmp_path) < 1e-5
    z, c = decoder.examples
    assert c.sum(1).tolist() == [1.0] * len(c)
    assert not torch.equal(decoder.module(z, c), decoder.module(z, c.roll(1, 1)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        ("conditioning=film",),
        ("conditioning=cross_attention", "network=attention"),
        ("conditioning=channels", "network=conv"),
        ("prior=conditional_gaussian",),
    ],
)
def test_conditions(more: tuple[str, ...], tmp_path: Path):
    encoder, decoder = parts_of(trained("cvae", *more).model)
    assert (encoder.given, decoder.given) == (["x", "c"], ["z", "c"])
    for part in (encoder, decoder):
        assert written(part, "onnx", tmp_path) < 1e-5


def test_a_graph_says_what_it_takes_and_that_its_batch_is_free(tmp_path: Path):
    encoder, decoder = parts_of(trained("vae").model)
    for part, names in ((encoder, ("x", "z")), (decoder, ("z", "x"))):
        FORMATS["onnx"]().write(part, tmp_path / "p.onnx")
        graph = onnx.load(tmp_path / "p.onnx").graph
        (given,), (found,) = graph.input, graph.output
        assert (given.name, found.name) == names
        first = given.type.tensor_type.shape.dim[0]
        assert first.dim_param
        assert not first.dim_value
        assert [d.dim_value for d in given.type.tensor_type.shape.dim][1:] == [
            *part.examples[0].shape[1:]
        ]


def test_each_half_has_its_own_weights_alone():
    for part in parts_of(trained("aae").model):
        names = {name.split(".")[1] for name in program_of(part).state_dict}
        assert names == {part.name}


def test_what_cannot_be_traced_is_one_line(tmp_path: Path):
    class Loop(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            while x.sum() > 1:
                x = x / 2
            return x

    part = Part("decoder", Loop(), ["z"], "x", [torch.ones(7, 2)])
    with pytest.raises(
        UserError, match=r"^the decoder cannot be exported \(.*safetensors"
    ) as error:
        TorchExport().write(part, tmp_path / "x.pt2")
    assert len(str(error.value).splitlines()) == 1


def test_an_operation_that_onnx_has_not_is_one_line(tmp_path: Path):
    class Search(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return torch.searchsorted(torch.arange(3.0), z.double().logcumsumexp(1).float())

    part = Part("decoder", Search(), ["z"], "x", [torch.ones(7, 2)])
    with pytest.raises(UserError, match=r"^the decoder cannot be exported \(") as error:
        FORMATS["onnx"]().write(part, tmp_path / "x.onnx")
    assert len(str(error.value).splitlines()) == 1


def test_another_function_than_the_models_is_refused():
    (part, _) = parts_of(trained("vae").model)
    with pytest.raises(UserError, match=r"the encoder was written, but it is 1 away from"):
        largest_difference(part, lambda x: part.module(x) + 1)
    with pytest.raises(UserError, match=r"but it is nan away"):
        largest_difference(part, lambda x: part.module(x) * float("nan"))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(formats.Onnx, "needs", ("onnx", "no_such_package"))
    with pytest.raises(UserError, match=r"needs the package no_such_package.*aetrain\[export\]"):
        formats.Onnx().require()


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]):
    stream = io.BytesIO()
    torch.export.save(program_of(parts_of(trained("ae").model)[0]), stream)
    assert capsys.readouterr().out == ""
