"""What verbs make of a run, against the library used directly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

import aetrain
from aetrain.cli.denoise import NOISES
from aetrain.cli.sink import Numbers, write_numbers
from aetrain.config.files import groups
from aetrain.data_of import data_of
from tests.cli.conftest import Ae
from tests.conftest import TINY


def test_samples_are_the_librarys(trained_run: Path, here: Path, ae: Ae):
    assert ae("sample", trained_run, "-n", "7", "--seed", "3", "--scaled", "-o", "s.npz")[0] == 0
    found = np.load("s.npz")["x"]
    wanted = aetrain.load(trained_run).sample(7, seed=3)
    assert np.array_equal(found, wanted.numpy())
    assert ae("sample", trained_run, "-n", "7", "--seed", "3", "-o", "s.npy")[0] == 0
    assert np.allclose(np.load("s.npy"), 16 * found, atol=1e-5)  # digits have 17 levels
    assert ae("sample", trained_run, "-n", "5", "-o", "pictures")[0] == 0
    assert len(list(Path("pictures").iterdir())) == 5
    with Image.open("pictures/0001.png") as picture:
        pixels = np.asarray(picture)
    again = aetrain.load(trained_run).sample(5)
    assert np.array_equal(pixels, (again[1, 0] * 255).round().numpy())


def test_samples_of_a_class(here: Path, ae: Ae):
    aetrain.train([*TINY, "model=cvae", "run.dir=r"])
    assert ae("sample", "r", "-n", "3", "--condition", "2", "--scaled", "-o", "s.npz")[0] == 0
    wanted = aetrain.load("r").sample(3, condition=2)
    assert np.array_equal(np.load("s.npz")["x"], wanted.numpy())
    status, _, why = ae("sample", "r", "-n", "3", "-o", "none.npz")
    assert status == 2
    assert "none is given: use condition=" in why
    assert not Path("none.npz").exists()


def test_samples_in_blocks_are_those_at_once(trained_run: Path):
    trained = aetrain.load(trained_run)
    blocks = list(trained.samples(2500, seed=1))
    assert [len(b) for b in blocks] == [1000, 1000, 500]
    assert torch.equal(torch.cat(blocks), trained.sample(2500, seed=1))


@pytest.mark.parametrize("kind", ["npz", "npy", "csv"])
def test_codes_go_out_and_come_in_again(trained_run: Path, here: Path, ae: Ae, kind: str):
    file = f"codes.{kind}"
    assert ae("encode", trained_run, "test", "-o", file)[0] == 0
    assert ae("decode", trained_run, file, "--scaled", "-o", "x.npy")[0] == 0
    trained = aetrain.load(trained_run)
    batch = data_of(trained).first("test", 60, trained.model.device)
    z = trained.encode(batch["x"])
    assert np.allclose(np.load("x.npy"), trained.decode(z).numpy(), atol=1e-6)
    if kind == "npz":
        content = np.load(file)
        assert np.allclose(content["z"], z.numpy(), atol=1e-6)
        assert np.array_equal(content["y"], batch["y"].numpy())
        assert content["classes"].tolist() == [str(i) for i in range(10)]
    if kind == "csv":
        assert Path(file).read_text().splitlines()[0] == "z0,z1,y"


def test_draws_of_codes_are_a_function_of_the_seed(trained_run: Path, here: Path, ae: Ae):
    found = []
    for seed in (0, 0, 1):
        options = ["--draw", "--seed", str(seed), "-o", "z.npy"]
        assert ae("encode", trained_run, "test", *options)[0] == 0
        found.append(np.load("z.npy"))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_reconstructions_and_their_error(trained_run: Path, here: Path, ae: Ae):
    status, out, _ = ae("reconstruct", trained_run, "test", "--json", "-o", "r.npz", "--scaled")
    assert status == 0
    trained = aetrain.load(trained_run)
    x = data_of(trained).first("test", 60, trained.model.device)["x"]
    restored = trained.reconstruct(x)
    assert np.allclose(np.load("r.npz")["x"], restored.numpy(), atol=1e-6)
    error = (restored - x).double().square().sum().item() / 60
    assert json.loads(out)["squared_error"] == pytest.approx(error, rel=1e-5)
    assert ae("reconstruct", trained_run, "test:1", "-o", "r.png")[0] == 0
    assert Path("r.png").stat().st_size > 500


def test_denoising_tells_both_errors(trained_run: Path, here: Path, ae: Ae):
    clean = np.random.default_rng(0).random((4, 1, 8, 8), np.float32)
    noisy = clean + 0.5
    np.save("clean.npy", clean)
    for i, x in enumerate(noisy):
        np.save(f"n{i}.npy", x[None])
    files = [f"n{i}.npy" for i in range(4)]
    options = ["--clean", "clean.npy", "--scaled", "--json", "-o", "d.npz"]
    status, out, err = ae("denoise", trained_run, *files, *options)
    assert (status, err) == (0, "")
    assert json.loads(out)["squared_error_before"] == pytest.approx(64 * 0.25, rel=1e-5)
    restored = np.load("d.npz")["x"]
    wanted = np.square(restored - clean).sum() / 4
    assert json.loads(out)["squared_error"] == pytest.approx(wanted, rel=1e-4)
    status, _, err = ae("denoise", trained_run, "n0.npy", "--clean", "clean.npy", "--scaled")
    assert status == 2
    assert err == "ae: --clean clean.npy: holds 4 examples for 1 noisy ones; use one for each\n"


def test_noise_is_put_on_clean_examples(trained_run: Path, here: Path, ae: Ae):
    noise = ["--noise", "masking", "--level", "0.5", "--json"]
    status, out, err = ae("denoise", trained_run, "test", *noise, "-o", "d.npz", "--scaled")
    assert (status, err) == (0, "")
    x = data_of(aetrain.load(trained_run)).first("test", 60, torch.device("cpu"))["x"]
    ones = x.sum().item() / 60
    told = json.loads(out)["squared_error_before"]
    # each of the binary ones was hidden with a chance of a half
    assert abs(told - ones / 2) < 5 * 0.5 * (ones / 60) ** 0.5
    status, out, _ = ae("denoise", trained_run, "test", *noise, "-o", "d.png")
    assert json.loads(out)["squared_error_before"] == told
    assert Path("d.png").stat().st_size > 500


def test_every_corruption_can_be_put_on():
    assert {*NOISES} == {*groups()["corruption"]} - {"none"}


def test_a_way_begins_and_ends_at_its_examples(trained_run: Path, here: Path, ae: Ae):
    way = ["interpolate", trained_run, "test:0", "test:1", "-n", "5", "--scaled"]
    assert ae(*way, "-o", "w.npz")[0] == 0
    found = np.load("w.npz")["x"]
    trained = aetrain.load(trained_run)
    x = data_of(trained).first("test", 2, trained.model.device)["x"]
    assert found.shape == (5, 1, 8, 8)
    assert np.allclose(found[[0, -1]], trained.reconstruct(x).numpy(), atol=1e-6)
    z = trained.encode(x).mean(0, keepdim=True)
    assert np.allclose(found[2:3], trained.decode(z).numpy(), atol=1e-6)


def test_traversals(trained_run: Path, here: Path, ae: Ae):
    walk = ["traverse", trained_run, "-n", "3", "--dim", "1", "--at", "test:0", "--json"]
    status, out, err = ae(*walk, "-o", "t.npz", "--scaled")
    assert (status, err) == (0, "")
    assert json.loads(out)["dims"] == [1]
    assert np.load("t.npz")["x"].shape == (3, 1, 8, 8)


def test_pictures_say_what_they_show(
    trained_run: Path, here: Path, ae: Ae, monkeypatch: pytest.MonkeyPatch
):
    titles, rows = list[str](), list[dict[str, Any]]()

    def tiles(x: torch.Tensor, *, title: str) -> Figure:
        titles.append(title)
        return Figure()

    def note(series: dict[str, torch.Tensor], *, title: str, **more: Any) -> Figure:
        titles.append(title)
        rows.append({"rows": list(series), **more})
        return Figure()

    monkeypatch.setattr("aetrain.cli.deliver.sheet_of", tiles)
    for module in ("rows.named_rows", "reconstructions.beside"):
        monkeypatch.setattr(f"aetrain.figures.{module}", note)
    for words in (
        ["sample", trained_run, "-n", "5"],
        ["sample", trained_run, "-n", "5", "--draw"],
        ["traverse", trained_run, "-n", "3", "--span", "1.5", "--dim", "1", "--dim", "0"],
        ["interpolate", trained_run, "test:0", "test:1", "-n", "3"],
        ["reconstruct", trained_run, "test:0", "test:1"],
        ["reconstruct", trained_run, "train"],
    ):
        assert ae(*words, "-o", "x.png")[0] == 0
    number = len(data_of(aetrain.load(trained_run)).tables["train"])
    assert titles == [
        "5 means of p(x|z), z ~ p(z)",
        "5 draws of p(x|z), z ~ p(z)",
        "each number of the code, ±1.5 standard deviations",
        "from test:0 to test:1",
        "2 examples",
        f"the first of {number} examples",
    ]
    assert rows[0] == {"rows": ["z₁", "z₀"], "columns": ["−1.5σ", "0", "+1.5σ"]}
    assert rows[1] == {
        "rows": ["codes, decoded", "values, mixed"],
        "columns": ["0%", "50%", "100%"],
    }


@pytest.mark.parametrize("verb", ["sample", "reconstruct", "interpolate", "traverse", "decode"])
def test_pictures_of_images_and_of_vectors(
    trained_run: Path, vectors_run: Path, here: Path, ae: Ae, verb: str
):
    np.save("z.npy", np.zeros((3, 2), np.float32))
    words = {
        "reconstruct": ["test"],
        "interpolate": ["test:0", "test:1"],
        "decode": ["z.npy"],
    }.get(verb, [])
    for run in (trained_run, vectors_run):
        status, out, err = ae(verb, run, *words)
        assert (status, err) == (0, "")
        path = run / "figures" / f"ae_{verb}.png"
        assert out.splitlines()[-1] == str(path)
        with Image.open(path) as picture:
            assert picture.size[0] > 100
        path.unlink()


def test_numbers_are_written_block_by_block(here: Path):
    blocks = (torch.full((1000, 2), float(i)) for i in range(3))
    write_numbers(Path("x.npz"), Numbers(blocks, 3000, torch.Size((2,)), name="x"))
    assert np.load("x.npz")["x"][::1000, 0].tolist() == [0, 1, 2]
