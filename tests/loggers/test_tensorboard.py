"""TensorBoard's files."""

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aetrain.loggers.tensorboard import TensorBoard


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
    log.log_hyperparams({"model": "vae", "lr": 0.1}, {"test/elbo": 0.0})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"vae" in content
