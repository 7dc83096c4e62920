"""Codes of which few units are active at a time."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from aetrain.objectives.inference import Inference
from aetrain.regularisers.regulariser import Regulariser


class Sparsity(nn.Module, Regulariser, ABC):
    """Makes the code of the encoder's raw output, and costs what keeps it sparse.

    It is made with the shape of one code. A report gives `active_fraction`, the share of units that
    are active for an example, and `dead_units`, how many were for none.
    """

    elementwise: str | None = None
    """Name of the activation, where the code is nothing else; None where units depend on others."""

    @abstractmethod
    def forward(self, raw: Tensor) -> Tensor:
        """Return the code, (..., *latent), of the encoder's raw output, (..., *latent)."""

    @abstractmethod
    def active(self, code: Tensor) -> Tensor:
        """Return which units are active, bool, for a code, (..., *latent)."""

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return the share of active units."""
        active = self.active(inference.z[0]).flatten(1)
        return {"active_fraction": active.double().mean(1)}
