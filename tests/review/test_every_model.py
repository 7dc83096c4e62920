"""TensorBoard shows each model in conf/model as far as it has something to show."""

import re
from pathlib import Path

import markdown
import numpy as np
import pytest
from PIL import Image

import aetrain
from aetrain.config.files import groups
from tests.conftest import TINY
from tests.review.reading import (
    charts,
    curves_of_classes,
    events_of,
    final_columns,
    projector,
    texts,
)

NAMES_CLASSES = {"m2", "m1m2", "aae_semi", "jvae", "cvae_gan"}
MORE = {"sdae": ["head=classifier"]}
OPTIONS = ["callbacks=default", "callbacks.figures=null", "run.dir=r"]


@pytest.mark.parametrize("model", groups()["model"])
def test_the_pages_of_a_run(model: str, here: Path) -> None:
    results = aetrain.train([*TINY, *OPTIONS, f"model={model}", *MORE.get(model, [])])
    events = events_of("r")
    scalars = events.Tags()["scalars"]
    final = {name for name in scalars if name.startswith("test/") and name in results}
    columns = final_columns(events)
    assert {n for n in final if not n.endswith(("_se", "_low", "_high"))} <= {*columns}
    for category in charts(events).values():
        assert all(re.compile(p) for patterns in category.values() for p in patterns)
    first = charts(events)["costs"]
    for title, (pattern,) in first.items():
        assert [n for n in scalars if re.match(pattern, n)], title
    written = texts(events)
    assert {name: len(pages) for name, pages in written.items()} == {"results": 1, "settings": 1}
    html = markdown.markdown(written["results"][0][1], extensions=["tables"])
    assert html.count("<table>") == 2
    assert f"<code>{model}</code>" in html
    assert "`latent` | `2`" in written["settings"][0][1]
    assert len(curves_of_classes(events)) == (10 if model in NAMES_CLASSES or model in MORE else 0)
    path = [i for i in events.Tags()["images"] if i == "rate_distortion"]
    assert bool(path) == ("val/rate" in scalars and "val/distortion" in scalars)
    _codes_are_shown(model)


def _codes_are_shown(model: str) -> None:
    shown, trained = projector("r"), aetrain.load("r")
    if not trained.model.encodes:
        assert shown is None, model
        return
    log = Path("r/tensorboard")
    codes = np.loadtxt(log / shown.tensor_path, delimiter="\t", ndmin=2)
    assert list(shown.tensor_shape) == [60, min(256, trained.latent.numel())] == [*codes.shape]
    assert np.isfinite(codes).all()
    head, *rows = (log / shown.metadata_path).read_text().splitlines()
    assert head.split("\t")[0] == "class"
    assert len(rows) == 60
    with Image.open(log / shown.sprite.image_path) as sheet:
        assert sheet.size == (64, 64)
    assert list(shown.sprite.single_image_dim) == [8, 8]
