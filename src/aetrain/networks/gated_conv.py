"""Convolutional networks whose layers are gated."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn

from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.image import image_shape, one_image, require_layers
from aetrain.networks.scales import Scales, growing, shrinking


@final
class Gated(nn.Module):
    """f(h) ∘ σ(g), where a layer puts out (h, g), one after the other along the channels.

    Arguments:
        layer: puts out (B, 2 C, ...).
        nonlinearity: makes f.

    References:
        Dauphin, Fan, Auli, Grangier: Language modeling with gated convolutional networks. 2017.
        https://arxiv.org/abs/1612.08083
    """

    def __init__(self, layer: nn.Module, nonlinearity: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.layer, self.nonlinearity = layer, nonlinearity()

    def forward(self, x: Tensor) -> Tensor:
        """Map x to (B, C, ...)."""
        h, g = self.layer(x).chunk(2, 1)
        return self.nonlinearity(h) * torch.sigmoid(g)


@final
class GatedConvEncoder(nn.Module):
    """Gated convolutions of stride 2 from an image of any size, then a linear layer to any shape.

    Arguments:
        given: shapes of the inputs: one image (C, H, W).
        out: shape of the output.
        channels: channels of the successive layers; each halves height and width, rounding up.
        activation: name of the nonlinearity f in f(h) ∘ σ(g).

    Raises:
        UserError: where the input is no image, more than one thing is given, or there are no
            channels.

    References:
        Tomczak, Welling: VAE with a VampPrior. 2018. https://arxiv.org/abs/1705.07120
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        activation: str = "identity",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        image = one_image(given, "gated_conv")
        require_layers(channels, "gated_conv")
        scales = Scales.of(*image, channels)
        layers = [Gated(shrinking(a, 2 * b), nonlinearity) for a, b in scales.inwards()]
        self.layers = nn.Sequential(*layers, *scales.read(out))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, C, H, W) to (B, *out)."""
        return self.layers(x)


@final
class GatedConvDecoder(nn.Module):
    """A linear layer, then gated transposed convolutions of stride 2 up to an image of any size.

    The last layer has no gate.

    Arguments:
        given: shapes of the inputs: one vector or more, flattened and concatenated.
        out: (C, H, W), or (P, C, H, W) for P parameters of each value.
        channels: channels of the encoder's layers, from the image inwards; used from the last.
        activation: name of the nonlinearity f in f(h) ∘ σ(g).

    Raises:
        UserError: where the output is no image, or there are no channels.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        channels: Sequence[int] = (32, 64, 64),
        activation: str = "identity",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, depth, rows, columns = image_shape(out, "the output", "gated_conv")
        require_layers(channels, "gated_conv")
        scales = Scales.of(parameters * depth, rows, columns, channels)
        *inner, outermost = scales.outwards()
        layers = [Gated(nn.Sequential(*scales.write(width(given), times=2)), nonlinearity)]
        layers += [Gated(growing(a, 2 * b, size), nonlinearity) for a, b, size in inner]
        self.layers = nn.Sequential(*layers, growing(*outermost))
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map tensors (B, *shape) to (B, *out)."""
        return self.layers(joined(given)).reshape(-1, *self.out)
