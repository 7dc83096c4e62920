"""TensorBoard's files."""

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from aetrain.loggers.tensorboard import CONCLUSION, TensorBoard
from tests.review.reading import final_columns, texts


def test_points_after_the_resumed_step_are_dropped(tmp_path: Path) -> None:
    first = TensorBoard(tmp_path)
    for step in (1, 2, 3):
        first.log_metrics({"a": step}, step)
    first.close()
    again = TensorBoard(tmp_path, step=2)
    again.log_metrics({"a": 30}, 3)
    again.finalize("success")
    again.log_metrics({"a": 40}, 4)
    again.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    points = [(event.step, event.value) for event in events.Scalars("a")]
    assert points == [(1, 1.0), (2, 2.0), (3, 30.0), (4, 40.0)]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 2


def test_hyperparameters(tmp_path: Path) -> None:
    log = TensorBoard(tmp_path)
    log.log_hyperparams({"model": "vae", "lr": 0.1, "beta": {"warmup": 3}})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    found = metadata.parse_session_start_info_plugin_data(content).hparams
    assert found["model"].string_value == "vae"
    assert found["lr"].number_value == 0.1
    assert found["beta"].string_value == "{'warmup': 3}"
    assert metadata.EXPERIMENT_TAG not in events.Tags()["tensors"]


def test_a_conclusion_replaces_the_one_before(tmp_path: Path) -> None:
    for step, figures in [(0, ["test/a"]), (2, ["test/a", "test/b"])]:
        log = TensorBoard(tmp_path, step)
        log.log_hyperparams({"model": "vae"})
        with log.conclusion({"model": "vae"}, figures) as writer:
            writer.add_text("page", f"after {step}", step)
        log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert final_columns(events) == ["test/a", "test/b"]
    assert texts(events) == {"page": [(2, "after 2")]}
    names = [file.name for file in (tmp_path / "tensorboard").iterdir()]
    assert sum(name.endswith(CONCLUSION) for name in names) == 1
