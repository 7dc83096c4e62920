"""When pictures are drawn."""

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import aetrain
from aetrain.build import build_model
from aetrain.config.files import groups
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


def test_vectors_are_drawn_as_curves(here: Path) -> None:
    Path("x.csv").write_text("\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(100)))
    own = ["dataset=array", "dataset.path=x.csv", "likelihood=gaussian", "callbacks=default"]
    results = aetrain.train([*TINY, *own])
    assert (Path(results["run"]) / "figures/reconstructions.png").stat().st_size > 1000
