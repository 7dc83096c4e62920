"""When pictures are drawn."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

import aetrain
from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.figures.plane import plane
from aetrain.figures.samples import samples
from tests.battery import config
from tests.conftest import TINY

COMMON = {"reconstructions", "samples", "latent_plane"}
EXACTLY = {
    "ae": COMMON | {"latent_grid", "filters"},
    "vae": COMMON | {"latent_grid", "rates", "rate_distortion", "filters"},
    "dae": COMMON | {"latent_grid", "denoising", "filters"},
    "rae": COMMON | {"latent_grid", "samples_gaussian_mixture", "filters"},
    "gan": {"samples"},
}


@pytest.mark.parametrize("model", groups()["model"])
def test_pictures_go_to_tensorboard_and_to_files(model: str, here: Path) -> None:
    job = [f"model={model}", "callbacks=default", "callbacks.figures.every_n_epochs=1"]
    results = aetrain.train([*TINY, *job])
    run = Path(results["run"])
    expected = {path.stem for path in (run / "figures").iterdir()}
    assert expected == EXACTLY.get(model, expected)
    encodes = build_model(config(f"model={model}"), (1, 8, 8)).encodes
    assert expected >= (COMMON if encodes else {"samples"})
    # a grid is drawn over codes of two numbers, but not of directions; bars of rates that divide
    plane = results["latent"] == 2 and encodes and model != "svae"
    assert ("latent_grid" in expected) == plane
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0}).Reload()
    assert {tag.split("/")[-1] for tag in events.Tags()["images"]} == expected
    (tag,) = (t for t in events.Tags()["images"] if t.endswith("samples"))
    assert [image.step for image in events.Images(tag)][:2] == [3, 6]


def test_figures_for_papers(here: Path) -> None:
    job = [*TINY, "callbacks=default", "run.dir=r", "callbacks.review.also=pdf"]
    with pytest.raises(UserError, match=r"^callbacks.figures.also='eps': choose from pdf, svg"):
        aetrain.train([*job, "callbacks.figures.also=eps"])
    aetrain.train([*job, "callbacks.figures.also=pdf"])
    pixels, vectors = (sorted(Path("r/figures").glob(f"*.{end}")) for end in ("png", "pdf"))
    assert [path.stem for path in pixels] == [path.stem for path in vectors]
    assert all(path.read_bytes().startswith(b"%PDF") for path in vectors)


def test_vectors_are_drawn_as_curves(here: Path) -> None:
    Path("x.csv").write_text("\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(100)))
    own = ["dataset=array", "dataset.path=x.csv", "likelihood=gaussian", "callbacks=default"]
    results = aetrain.train([*TINY, *own])
    assert (Path(results["run"]) / "figures/reconstructions.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "circles", "draws"),
    [
        (["model=vae"], True, False),
        (["model=vae", "prior=ring"], False, True),
        (["model=vae", "latent=3", "prior=ring"], False, False),
        (["model=aae", "prior=swiss_roll"], False, True),
        (["model=cvae", "prior=conditional_gaussian"], False, True),
    ],
)
def test_the_plane_shows_the_prior_that_codes_are_held_to(
    options: list[str], circles: bool, draws: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    def note(codes: Tensor, labels: Tensor, **how: Any) -> Figure:
        seen.append({**how, "codes": codes})
        return plane(codes, labels, **how)

    monkeypatch.setattr("aetrain.callbacks.figures.plane", note)
    aetrain.train([*TINY, *options, "callbacks=default"])
    how = seen[-1]
    assert how["title"] == f"codes of {len(how['codes'])} validation examples"
    assert how["prior"] == circles
    assert ("drawn" in how) == draws
    if draws:
        assert how["drawn"].shape[1] == how["codes"].shape[1] == 2
    if "prior=swiss_roll" in options:
        assert how["drawn"].norm(dim=1).max() < 3.5  # the roll's radius is 3


@pytest.mark.parametrize("model", ["caae", "cvae"])
def test_a_conditional_models_classes_are_drawn_and_named(
    model: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[list[str]] = []

    def note(x: Tensor, **how: Any) -> Figure:
        names.append(how["names"])
        return samples(x, **how)

    monkeypatch.setattr("aetrain.callbacks.figures.samples", note)
    results = aetrain.train([*TINY, f"model={model}", "callbacks=default"])
    assert (Path(results["run"]) / "figures/classes.png").stat().st_size > 1000
    assert names[-1] == [str(k) for k in range(10)]
