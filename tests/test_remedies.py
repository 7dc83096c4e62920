"""What a refusal says is tried: its remedies lead to a run, and not in a circle."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch

from aetrain.config.check import check_early, check_targets
from aetrain.config.compose import compose
from aetrain.data.table import Memory, Splits
from aetrain.data.vision import Vision
from aetrain.errors import UserError
from aetrain.job import assemble

SMALL = {
    "latent": "2",
    "network.hidden": "[8]",
    "sampler": "prior",
    "dataset.batch_size": "8",
    "dataset.valid": "4",
    "dataset.test": "4",
    "dataset.limit": "12",
}
Overrides = dict[str, str]


def made_up(source: Vision) -> Splits:
    """Return random bytes of a data set's shape."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (24, *source.event), dtype=torch.uint8, generator=draws)
    table = Memory(x, torch.arange(24) % 10)
    return Splits(table, test=table, raw=source.raw)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same examples without labels and with them."""
    path = tmp_path_factory.mktemp("data")
    x = np.random.default_rng(0).integers(0, 2, (40, 1, 8, 8)).astype(np.float32)
    np.save(path / "x.npy", x)
    np.savez(path / "x.npz", x=x, y=np.arange(40) % 10)
    return path


def told(overrides: Overrides) -> str | None:
    """Return the first line that a command is told, None where all that it asks for is built."""
    try:
        composed = compose([f"{key}={value}" for key, value in overrides.items()])
        config = check_early(composed.cfg)
        check_targets(config)
        with patch.object(Vision, "load", made_up):
            assemble(config, composed.choices, None, "cpu")
    except UserError as error:
        return str(error).splitlines()[0]
    return None


def remedies(line: str, overrides: Overrides, folder: Path) -> Iterator[Overrides]:
    """Yield the command again with each of the remedies that a line names."""
    found = re.search(r"[:;,] (?:use|set|choose) .*", line)
    for part in re.split(r", (?:or )?| or ", found[0]) if found else ():
        if "dataset.label " in part:
            own = {"dataset": "array", "dataset.path": f"{folder}/x.npz", "dataset.label": "y"}
            yield {**overrides, **own}
        elif given := dict(re.findall(r"([a-z_.]+)=([\w.\[\]-]+)", part.replace(" (of ", "("))):
            kept = overrides
            if "dataset" in given:
                kept = {k: v for k, v in kept.items() if k not in ("dataset.path", "dataset.label")}
            yield {**kept, **given}


def ways(overrides: Overrides, folder: Path, past: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the lines that are told one after another, on each way through the remedies.

    Arguments:
        overrides: the command.
        folder: of data with labels.
        past: the lines told before.
    """
    line = told(overrides)
    if line is None:
        return [past]
    if line in past or len(past) > 3:
        return [(*past, line)]
    return [
        way
        for other in remedies(line, overrides, folder)
        for way in ways(other, folder, (*past, line))
    ] or [(*past, line, "no remedy")]


@pytest.mark.parametrize(
    "model",
    ["m2", "m1m2", "jvae", "cvae", "aae_semi", "aae_labelled", "caae", "cvae_gan", "stacked_ae"],
)
@pytest.mark.parametrize("conditioning", [None, "none", "concat"])
def test_a_model_of_labels_without_labels(
    folder: Path, model: str, conditioning: str | None
) -> None:
    overrides = {**SMALL, "dataset": "array", "dataset.path": f"{folder}/x.npy", "model": model}
    if conditioning:
        overrides["conditioning"] = conditioning
    if model == "stacked_ae":
        overrides["head"] = "classifier"
    for way in ways(overrides, folder):
        assert len(set(way)) == len(way), f"goes round in a circle: {way}"
        assert "no remedy" not in way
