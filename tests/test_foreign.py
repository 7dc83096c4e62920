"""Lightning's own callbacks and loggers."""

import csv
from importlib.util import find_spec
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import aetrain
from aetrain.train import main
from tests.conftest import TINY

CALLBACKS, LOGGERS = "pytorch_lightning.callbacks", "pytorch_lightning.loggers"
LOG = "trainer.log_every_n_steps=1"


def callback(name: str, options: str = "") -> str:
    return f"+callbacks.mine={{_target_:{CALLBACKS}.{name}{options}}}"


def logger(name: str, options: str = "") -> str:
    return f"+logger.mine={{_target_:{LOGGERS}.{name}{options}}}"


def missing(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(package) is not None, reason=f"{package} is installed")


REFUSED = [
    (
        [callback("EarlyStopping", ",monitor:val/elb")],
        "callbacks.mine.monitor=val/elb: is no figure of the validation; there are val/",
    ),
    ([callback("EarlyStopping", ",monitor:val/elb")], "Did you mean 'val/elbo'?"),
    ([callback("ModelCheckpoint", ",monitor:loss")], "callbacks.mine.monitor=loss: is no figure"),
    ([callback("EarlyStopping", ",monitor:val/elbo,mode:up")], "callbacks.mine: `mode` can be"),
    (
        [callback("StochasticWeightAveraging", ",swa_lrs:0.01")],
        "callbacks.mine: StochasticWeightAveraging steers Lightning's own steps, and models step"
        " by themselves here: use trainer.ema_decay=0.999",
    ),
    ([callback("BatchSizeFinder")], "here: set dataset.batch_size"),
    ([callback("LearningRateMonitor"), "logger=none"], "and there is none: use logger=default"),
    pytest.param(
        [callback("DeviceStatsMonitor")],
        "callbacks.mine: DeviceStatsMonitor of a CPU needs the package psutil: install it, or",
        marks=missing("psutil"),
    ),
    pytest.param(
        [logger("WandbLogger")],
        "logger.mine: WandbLogger needs the package wandb: install it, or use logger=default",
        marks=missing("wandb"),
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_work_is_refused_before_the_run(
    arguments: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TINY, *arguments]) == 2
    output = capsys.readouterr().err
    assert message in output
    assert len(output.splitlines()) == 1
    assert not list(here.iterdir())


def test_early_stopping_of_lightning_watches_any_figure(here: Path) -> None:
    stop = callback("EarlyStopping", ",monitor:val/rate,patience:1,mode:max,min_delta:1000")
    results = aetrain.train([*TINY, stop, "trainer.max_epochs=9"])
    assert results["epochs"] == 2


def test_csv_logger_of_lightning(here: Path) -> None:
    results = aetrain.train([*TINY, LOG, "logger=csv", logger("CSVLogger")])
    run = Path(results["run"])
    with (run / "lightning_logs/version_0/metrics.csv").open() as file:
        theirs = [row for row in csv.DictReader(file) if row["test/elbo"]]
    assert float(theirs[0]["test/elbo"]) == pytest.approx(results["test/elbo"])
    assert (run / "metrics.csv").is_file()


def test_tensorboard_logger_of_lightning(here: Path) -> None:
    own = logger("TensorBoardLogger", f",save_dir:{here}/logs,name:a,version:b")
    results = aetrain.train([*TINY, LOG, "logger=none", own])
    events = EventAccumulator(str(here / "logs/a/b")).Reload()
    assert len(events.Scalars("train/elbo")) == results["steps"]
    assert events.Scalars("test/elbo")[0].value == pytest.approx(results["test/elbo"], rel=1e-5)


def test_what_lightning_refuses_later_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TINY, callback("TQDMProgressBar"), "trainer.enable_progress_bar=false"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("aetrain: Lightning refuses this run: ")
