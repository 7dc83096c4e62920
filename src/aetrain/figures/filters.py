"""What the encoder's first layer looks for in an image."""

import math
from typing import TYPE_CHECKING

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from aetrain.figures.canvas import mount
from aetrain.figures.tiles import MOST, compose, is_image

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder  # it imports pyplot, by Lightning

GAP = 10


def filters(weights: Tensor, *, title: str | None = None) -> Figure:
    """Draw the first 64 of `weights` (F, C, H, W), C in {1, 3}; 0 is mid grey.

    Each filter w is shown as w / max |w|, so that small ones can be seen too: brightness compares
    the values of one filter, not two filters.
    """
    chosen = weights[:MOST].detach().to("cpu", torch.float32)
    largest = chosen.abs().flatten(1).amax(1).clamp_min(torch.finfo(torch.float32).tiny)
    if title is None:
        of = f"{len(chosen)} of " if len(weights) > len(chosen) else ""
        title = f"first layer: {of}{len(weights)} filters, each on its own scale; grey is 0"
    scaled = chosen / largest[:, None, None, None]
    columns = math.ceil(math.sqrt(len(scaled)))
    # wide seams, as the pixels of small kernels are as white as they are
    picture = compose(scaled, columns=columns, low=-1, high=1, smallest=48, largest=256, gap=GAP)
    return mount(picture, title=title)[0]


@torch.no_grad()
def first_layer(model: "Autoencoder", x: Tensor) -> Tensor | None:
    """Return the weights of the first layer that sees x, as images (F, C, H, W), or None.

    The layer is found by watching which one `encode` calls first, whatever the encoder is made of:
    a linear one, whose filters then have the shape of x, or a convolution.

    Arguments:
        model: its encoder.
        x: examples (B, C, H, W).

    Returns:
        None where x is no image, where what comes first is no such layer or does not see x, or
        where a convolution sees one pixel at a time.
    """
    called: list[tuple[nn.Module, Tensor]] = []

    def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        if not called:
            called.append((module, given[0]))

    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        model.encode(x)
    finally:
        for hook in hooks:
            hook.remove()
    if not is_image(x.shape[1:]) or not called:
        return None
    layer, given = called[0]
    if isinstance(layer, nn.Conv2d):
        seen = given.shape[1] == x.shape[1] and layer.groups == 1
        return layer.weight if seen and layer.weight[0, 0].numel() > 1 else None
    if not isinstance(layer, nn.Linear) or given.shape != (len(x), x[0].numel()):
        return None
    return layer.weight.unflatten(1, x.shape[1:])
