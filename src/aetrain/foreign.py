"""Callbacks and loggers of Lightning that a user adds: what cannot work is refused early."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from hydra.errors import InstantiationException
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning import callbacks as lightning
from pytorch_lightning.callbacks import Callback

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.errors import UserError, did_you_mean
from aetrain.evaluation.evaluator import judged
from aetrain.evaluation.tally import Tally
from aetrain.making import make

OURS = ("early_stopping", "figures", "review", "checkpoint")
"""Keys of `callbacks` that the program makes itself."""

PACKAGES = {
    "WandbLogger": "wandb",
    "MLFlowLogger": "mlflow",
    "CometLogger": "comet_ml",
    "NeptuneLogger": "neptune",
    "LitLogger": "litlogger",
}
"""What Lightning's loggers are made of."""

AUTOMATIC = {
    lightning.StochasticWeightAveraging: "use trainer.ema_decay=0.999",
    lightning.GradientAccumulationScheduler: "use a larger dataset.batch_size",
    lightning.LearningRateFinder: "sweep over optimizer.lr with -m",
    lightning.BatchSizeFinder: "set dataset.batch_size",
}
"""Callbacks that steer Lightning's own steps, of which there are none here, and what to do."""

LOGGING = (lightning.DeviceStatsMonitor, lightning.LearningRateMonitor)
WATCHING = (lightning.EarlyStopping, lightning.ModelCheckpoint)


def require_packages(loggers: Mapping[str, Any] | None) -> None:
    """Refuse a logger whose package is not there.

    Raises:
        UserError: naming the package.
    """
    for key, node in (loggers or {}).items():
        if not node:
            continue
        name = str(node["_target_"]).rpartition(".")[2]
        package = PACKAGES.get(name)
        if package and find_spec(package) is None:
            raise UserError(
                f"logger.{key}: {name} needs the package {package}: install it, or use"
                " logger=default"
            )


def try_callbacks(
    config: Mapping[str, Any], model: Autoencoder, data: DataModule, device: str
) -> None:
    """Make each callback that the user has added once, and refuse those that cannot work.

    Raises:
        UserError: naming the callback.
    """
    nodes = {k: node for k, node in config["callbacks"].items() if k not in OURS and node}
    for key, node in nodes.items():
        callback, name = _made(key, node), f"callbacks.{key}: {node['_target_'].split('.')[-1]}"
        for kind, remedy in AUTOMATIC.items():
            if isinstance(callback, kind):
                raise UserError(
                    f"{name} steers Lightning's own steps, and models step by themselves here:"
                    f" {remedy}"
                )
        if isinstance(callback, LOGGING) and not config["logger"]:
            raise UserError(f"{name} writes to a logger, and there is none: use logger=default")
        if isinstance(callback, lightning.DeviceStatsMonitor):
            _require_psutil(name, callback, device)
        if isinstance(callback, WATCHING) and callback.monitor is not None:
            _require_figure(f"callbacks.{key}.monitor", callback.monitor, model, data)


def _made(key: str, node: Mapping[str, Any]) -> Callback:
    try:
        return make(node)
    except (InstantiationException, MisconfigurationException) as error:
        cause = error.__cause__ or error
        if not isinstance(cause, MisconfigurationException | ImportError | ValueError):
            raise
        raise UserError(f"callbacks.{key}: {str(cause).splitlines()[0]}") from error


def _require_psutil(name: str, callback: lightning.DeviceStatsMonitor, device: str) -> None:
    # None: of a CPU only where it trains
    wanted = callback._cpu_stats or (callback._cpu_stats is None and device == "cpu")
    if wanted and find_spec("psutil") is None:
        raise UserError(f"{name} of a CPU needs the package psutil: install it, or leave it out")


def _require_figure(key: str, figure: str, model: Autoencoder, data: DataModule) -> None:
    known = [f"val/{name}" for name in _figures(model, data)]
    if figure not in known:
        raise UserError(
            f"{key}={figure}: is no figure of the validation; there are {', '.join(known)}."
            f"{did_you_mean(figure, known)}"
        )


def _figures(model: Autoencoder, data: DataModule) -> list[str]:
    """Return the names of the figures that are told of each validation of the present stage."""
    batch = data.first("valid", 2, torch.device("cpu"))
    tally, training = Tally(), model.training
    model.eval()
    tally.add(*judged(model, data, {**batch, "x": batch["x"].to(model.dtype)}, 0, 0))
    model.train(training)
    return list(tally.figures(data.event.numel(), data.bits_offset))
