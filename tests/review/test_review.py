"""What TensorBoard is given of a run, and what of one that was resumed."""

from pathlib import Path

import numpy as np
import pytest
import torch

import aetrain
from aetrain.data_of import data_of
from aetrain.errors import UserError
from aetrain.review.review import Review, _history
from tests.conftest import TINY
from tests.review.reading import (
    charts,
    curves_of_classes,
    events_of,
    final_columns,
    projector,
    texts,
)

JOB = [*TINY, "callbacks=default", "run.dir=r"]


def test_a_resumed_run_says_everything_once(here: Path) -> None:
    aetrain.train([*JOB, "model=m2"])
    again = aetrain.train(["resume=r"])
    for steps in (6, 12):
        events = events_of("r")
        assert [step for step, _ in texts(events)["results"]] == [steps]
        assert len(charts(events)) == 2
        assert {len(curves) for curves in curves_of_classes(events).values()} == {1}
        assert [image.step for image in events.Images("rate_distortion")] == [steps]
        assert projector("r") is not None
        if steps == 6:
            assert again["steps"] == 6
            aetrain.train(["resume=r", "trainer.max_epochs=4", "evaluation.probe=50"])
    assert "test/probe_accuracy" in final_columns(events)
    assert {"test/accuracy", "test/nll", "test/elbo"} <= {*final_columns(events)}


def test_a_run_that_was_stopped_says_it_at_its_end(here: Path) -> None:
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", "+callbacks.stop.step=4"]
    with pytest.raises(aetrain.errors.Interrupted):
        aetrain.train([*JOB, *stop, "trainer.steps_per_call=1", "allow=[tests.two_stages]"])
    assert len(charts(events_of("r"))) == 2
    assert not texts(events_of("r"))
    aetrain.train(["resume=r", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    events = events_of("r")
    assert [step for step, _ in texts(events)["settings"]] == [6]
    assert len(charts(events)) == 2


def test_results_are_kept_and_told_where_the_pages_cannot_be_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Review, "finish", full)
    with pytest.raises(UserError, match=r"cannot be written \(No space left"):
        aetrain.train(JOB)
    assert Path("r/results.json").is_file()
    assert "ELBO" in capsys.readouterr().out


def test_the_codes_are_the_librarys(here: Path) -> None:
    aetrain.train(JOB)
    trained = aetrain.load("r")
    shown = projector("r")
    batch = data_of(trained).first("test", 60, torch.device("cpu"))
    codes = np.loadtxt(Path("r/tensorboard") / shown.tensor_path, delimiter="\t")
    assert np.allclose(codes, trained.encode(batch["x"]).numpy(), rtol=1e-4, atol=1e-5)
    lines = (Path("r/tensorboard") / shown.metadata_path).read_text().splitlines()[1:]
    assert lines == [f"{y}\t{row}" for row, y in enumerate(batch["y"].tolist())]


def test_parts_are_turned_off(here: Path) -> None:
    parts = [f"callbacks.review.{part}=false" for part in ("layout", "projector", "curves", "page")]
    aetrain.train([*JOB, *parts])
    events = events_of("r")
    assert "custom_scalars__config__" not in events.Tags()["tensors"]
    assert not texts(events)
    assert projector("r") is None
    assert "rate_distortion" not in events.Tags()["images"]
    assert "test/elbo" in final_columns(events)
    aetrain.train(["resume=r", "callbacks.review.page=true"])
    assert [*texts(events_of("r"))] == ["results", "settings"]


def test_vectors_without_labels(here: Path) -> None:
    Path("x.csv").write_text("\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(100)))
    own = ["dataset=array", "dataset.path=x.csv", "likelihood=gaussian"]
    aetrain.train([*JOB, *own, "callbacks.review.examples=7", "logger=tensorboard"])
    shown = projector("r")
    assert list(shown.tensor_shape) == [7, 2]
    assert not shown.HasField("sprite")
    assert "rate_distortion" not in events_of("r").Tags()["images"]  # as there is no metrics.csv


def test_without_tensorboard_and_in_a_trial_nothing_is_written(here: Path) -> None:
    aetrain.train([*JOB, "logger=csv"])
    assert not Path("r/tensorboard").exists()
    aetrain.train([*TINY, "callbacks=default", "debug=batch"])
    aetrain.train([*TINY, "callbacks=default", "callbacks.review=null", "run.dir=s"])
    assert "test/elbo" in final_columns(events_of("s"))
    assert not texts(events_of("s"))


def test_a_path_is_of_what_is_finite(here: Path) -> None:
    file = Path("metrics.csv")
    file.write_text("step,val/rate,val/distortion\n1,inf,3\n2,1,nan\n3,,\n4,1,2\n")
    assert _history(file) == [(2.0, 1.0)]
    assert _history(Path("none.csv")) == []


def test_no_examples_are_refused(here: Path) -> None:
    with pytest.raises(UserError, match=r"callbacks\.review\.examples=0: must be at least 1"):
        Review(examples=0)
    with pytest.raises(UserError, match=r"callbacks\.review\.examples=0: must be at least 1"):
        aetrain.train([*JOB, "callbacks.review.examples=0"])
    assert not Path("r").exists()
