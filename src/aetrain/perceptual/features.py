"""How far two sets of examples are from each other for a network that is not trained."""

from collections.abc import Sequence
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn

from aetrain.conditional import Network
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.perceptual.frozen import Frozen
from aetrain.perceptual.sources import as_imagenet, of_chance, of_run, of_torchvision

WIDTH = 64
"""Outputs of a network of random weights."""


@final
class Features(nn.Module):
    """Σₗ wₗ ½ |Φₗ(x) − Φₗ(x̃)|², with Φₗ the layers of a frozen network.

    The network is that of a run's encoder, a model of torchvision whose weights the user has, or,
    where neither is named, one of random weights. It is no part of a checkpoint, which keeps the
    path in its configuration and a hash of the weights, `fingerprint`: other weights at the same
    path are refused. Where the file has gone, a trained model can still be read and used.

    Arguments:
        event: shape of one example.
        network: makes a network of the encoder's kind, for random weights.
        run: path of a run, or of a checkpoint.
        torchvision: name of a model of torchvision, for images of values in [0, 1].
        file: of its weights.
        layers: names of layers; None: all nonlinearities, or else the output.
        weights: w of each layer; None: all 1. A paper's mean over a layer's N values is 1/N.
        size: height and width that images are scaled to for torchvision's model; None: as is.

    Raises:
        UserError: where a choice is no choice, or does not fit the data.
    """

    fingerprint: Tensor

    def __init__(
        self,
        event: Sequence[int],
        network: Network,
        *,
        run: str | None = None,
        torchvision: str | None = None,
        file: str | None = None,
        layers: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        size: int | None = None,
    ) -> None:
        super().__init__()
        _require_one(event, run, torchvision, file, size)
        self._gone: UserError | None = None
        self._frozen: tuple[Frozen, ...] = ()  # in a tuple it is no part of this module
        prepare: dict[str, Any] = {}
        if torchvision is not None:
            prepare["prepare"] = partial(as_imagenet, size=size)
        try:
            if run is not None:
                found = of_run(run, event)
            elif torchvision is not None:
                found = of_torchvision(torchvision, file)
            else:
                found = of_chance(network, event, WIDTH)
        except UserError as error:
            self._gone = error
        else:
            self._frozen = (Frozen(found, event, layers, **prepare),)
        number = len(self._frozen[0].layers) if self._frozen else 0
        self.weights = [1.0] * number if weights is None else list(weights)
        if self._frozen and len(self.weights) != number:
            raise UserError(
                f"model.features.weights={self.weights}: must be {number}, one for each layer:"
                f" {', '.join(self._frozen[0].layers)}"
            )
        self._own = self._frozen[0].fingerprint if self._frozen else bytes(32)
        self.register_buffer("fingerprint", torch.tensor(list(self._own), dtype=torch.uint8))
        self.register_load_state_dict_post_hook(_compare)

    @property
    def layers(self) -> list[str]:
        """Names of the layers that are compared."""
        return self._network.layers

    def forward(self, x: Tensor, made: Tensor) -> Tensor:
        """Return the distance of x and `made`, (B,), each (B, *event), with a gradient in `made`.

        Raises:
            UserError: where the network's file is not there.
        """
        with torch.no_grad():
            wanted = self._network(x)
        found = self._network(made)
        costs = [
            0.5 * w * (full_precision(a) - full_precision(b)).square().flatten(1).sum(1)
            for w, a, b in zip(self.weights, found, wanted, strict=True)
        ]
        return torch.stack(costs).sum(0)

    @property
    def _network(self) -> Frozen:
        if self._gone is not None:
            raise self._gone
        return self._frozen[0]


def _compare(features: Features, keys: Any) -> None:
    """Refuse a checkpoint of other weights than those at hand."""
    del keys
    saved = bytes(features.fingerprint.tolist())
    if features._frozen and saved != features._own:
        raise UserError(
            f"model.features: the checkpoint was trained by features of weights"
            f" {saved.hex()[:12]}, and those at hand are {features._own.hex()[:12]}: use the same"
            " run or file as then"
        )


def _require_one(
    event: Sequence[int],
    run: str | None,
    torchvision: str | None,
    file: str | None,
    size: int | None,
) -> None:
    """Refuse two networks, one that does not see such data, and options of one that is not there.

    Raises:
        UserError: where that is so.
    """
    if run is not None and torchvision is not None:
        raise UserError(
            "model.features: run and torchvision are two networks; set one of them to null"
        )
    if torchvision is not None and (len(event) != 3 or event[0] not in (1, 3)):
        raise UserError(
            f"model.features.torchvision={torchvision}: sees images of 1 or 3 channels, and the"
            f" data are {tuple(event)}; use model.features.run"
        )
    for name, value in {"file": file, "size": size}.items():
        if torchvision is None and value is not None:
            raise UserError(
                f"model.features.{name}={value}: is of torchvision's model: set it to null, or"
                " choose model.features.torchvision=vgg19"
            )
    if size is not None and size < 1:
        raise UserError(f"model.features.size={size}: must be at least 1 pixel, or null")
