"""Where networks whose features are compared come from."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from aetrain.conditional import Network
from aetrain.distributions.constant import constant
from aetrain.errors import UserError
from aetrain.models.pair import Pair

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet, by which its networks' inputs are scaled."""


def of_run(run: str, event: Sequence[int]) -> nn.Module:
    """Return the encoder's network of a run, or of a checkpoint file.

    Raises:
        UserError: where there is none, or it is of data of another shape.
    """
    from aetrain.trained import load

    try:
        trained = load(run)
    except UserError as error:
        raise UserError(f"model.features.run={run}: {error}") from None
    if not isinstance(trained.model, Pair):
        raise UserError(
            f"model.features.run={run}: has not one encoder of one code; use a run of model=ae,"
            " model=vae or model=stacked_ae"
        )
    if trained.event != torch.Size(event):
        raise UserError(
            f"model.features.run={run}: was trained on data of shape {tuple(trained.event)}, and"
            f" these are {tuple(event)}; use a run on the same data"
        )
    return trained.model.encoder.network


def of_torchvision(name: str, file: str | None) -> nn.Module:
    """Return a model of torchvision with weights from a file of its state.

    Raises:
        UserError: where there is no such model, or no such file, or they do not fit.
    """
    from torchvision.models import get_model

    if file is None:
        raise UserError(
            f"model.features.torchvision={name}: nothing is downloaded; set model.features.file to"
            " the file of its weights"
        )
    try:
        network = get_model(name, weights=None)
    except ValueError as error:
        raise UserError(
            f"model.features.torchvision={name}: torchvision has no such model; choose one such as"
            " vgg19"
        ) from error
    if not Path(file).is_file():
        raise UserError(f"model.features.file={file}: no such file; set it to one of weights")
    try:
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        raise UserError(
            f"model.features.file={file}: no weights of {name}"
            f" ({str(error).splitlines()[0][:100]}); use a file of its state_dict"
        ) from error
    return network


def of_chance(network: Network, event: Sequence[int], width: int) -> nn.Module:
    """Return a network of random weights, the same ones whatever the seed of the run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return network([torch.Size(event)], torch.Size((width,)))


def as_imagenet(x: Tensor, size: int | None) -> Tensor:
    """Return images of [0, 1], grey or coloured, as networks of ImageNet want them."""
    x = x.expand(-1, 3, -1, -1)
    if size is not None:
        x = interpolate(x, (size, size), mode="bilinear", antialias=True)
    mean, deviation = (constant(v, x.dtype, x.device).view(3, 1, 1) for v in (MEAN, DEVIATION))
    return (x - mean) / deviation
