"""Write figures to a run's loggers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder


def write(model: "Autoencoder", figures: Mapping[str, float]) -> None:
    """Write figures to every logger at the number of batches trained on."""
    if model.world.rank == 0:
        for logger in model.loggers:
            logger.log_metrics(dict(figures), model.position.step)
