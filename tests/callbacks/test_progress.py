"""The progress bar."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import aetrain
import aetrain.trainer
from tests.conftest import TINY


def shown(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=120)
    monkeypatch.setattr(aetrain.trainer, "console", console)
    aetrain.train([*TINY, "trainer.max_epochs=40"])
    return output.getvalue()


def test_a_live_line_in_a_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = shown(True, monkeypatch)
    assert re.search(r"epoch \d+/40", output)
    assert re.search(r"elbo -\d+\.\d\d", output)
    assert "examples/s" in output


def test_a_few_plain_lines_on_a_pipe(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(False, monkeypatch).splitlines()
    assert 20 <= len(lines) <= 22
    assert re.fullmatch(r"epoch 40/40  elbo -\S+  validation -\S+  \S+ examples/s", lines[-1])


def test_a_stage_shows_what_it_trains(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    console = Console(file=output, width=120)
    monkeypatch.setattr(aetrain.trainer, "console", console)
    aetrain.train([*TINY, "model=vqvae"])
    codes, prior = output.getvalue().splitlines()[1::2]
    rest = r"\S+  validation \S+  \S+ examples/s"
    assert re.fullmatch(r"codes epoch 2/2  distortion " + rest, codes)
    assert re.fullmatch(r"prior epoch 2/2  rate " + rest, prior)


def test_a_stage_shows_what_it_watches(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    console = Console(file=output, width=120)
    monkeypatch.setattr(aetrain.trainer, "console", console)
    aetrain.train([*TINY, "model=stacked_ae", "network.hidden=[]", "head=classifier"])
    layer, tuned = output.getvalue().splitlines()[1::2]
    rest = r" \S+  \S+ examples/s"
    assert re.fullmatch(r"layer 1 epoch 2/2  loss \S+  validation cost" + rest, layer)
    assert re.fullmatch(r"fine-tuning epoch 2/2  loss \S+  validation error" + rest, tuned)
