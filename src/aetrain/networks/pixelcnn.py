"""The gated PixelCNN as a decoder."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from aetrain.networks.activation import activation_named
from aetrain.networks.autoregressive import AutoregressiveNetwork
from aetrain.networks.conv import ConvDecoder
from aetrain.networks.image import image_shape, require_at_least_one, require_layers


def _gate(x: Tensor) -> Tensor:
    """Return tanh(h) ∘ σ(g) for (h, g) along the channels."""
    h, g = x.chunk(2, 1)
    return torch.tanh(h) * torch.sigmoid(g)


@final
class CausalLayer(nn.Module):
    """One layer of both stacks: v sees the rows above, h those and the pixels on the left.

    v' = conv₂ₓ₃ of (the row above, this row) of gate(v), and
    h' = h + conv₁ₓ₁ gate(conv₁ₓ₂ of (the pixel on the left, this pixel) of h + conv₁ₓ₁ v').
    The kernels end at this pixel, so nothing is masked and no weight is idle.

    Arguments:
        features: channels F.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(features, 2 * features, (2, 3), padding=(1, 1))
        self.right = nn.Conv2d(features, 2 * features, (1, 2), padding=(0, 1), bias=False)
        self.across = nn.Conv2d(2 * features, 2 * features, 1, bias=False)
        self.back = nn.Conv2d(features, features, 1)

    def forward(self, v: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Map v (N, 2 F, H, W), before its gate, and h (N, F, H, W) to the same shapes."""
        v = self.down(_gate(v))[..., :-1, :]
        moved = self.right(h)[..., :-1] + self.across(v)
        return v, h + self.back(_gate(moved))


@final
class PixelCNNDecoder(AutoregressiveNetwork):
    """p(x|z) = Π p(xᵢ | x₁ ... xᵢ₋₁, z) by causal convolutions, to which z adds an image.

    Pixel i sees the pixels of depth + 2 rows above it, in a cone, and depth + 2 pixels on its left;
    what lies farther off has to come through z. No pixel in reach is out of sight, since the rows
    above and the own row have a stack each.

    Arguments:
        given: shapes of the inputs: one vector or more, flattened and concatenated.
        out: (P, C, H, W), or (Q, H, W) for Q parameters of each pixel.
        event: shape of one image (C, H, W), where C cannot be seen from `out`.
        channels: channels of the convolutional network that turns z to an image.
        features: channels F of the causal convolutions.
        depth: causal layers.
        activation: name of the nonlinearity outside of the gates.

    Raises:
        UserError: where the output is no image, or there are no channels, or a number is below 1.

    References:
        van den Oord et al.: Conditional image generation with PixelCNN decoders. 2016.
        https://arxiv.org/abs/1606.05328
        Gulrajani et al.: PixelVAE: a latent variable model for natural images. 2017.
        https://arxiv.org/abs/1611.05013
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        event: Sequence[int] | None = None,
        channels: Sequence[int] = (32, 64, 64),
        features: int = 16,
        depth: int = 3,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        nonlinearity = activation_named(activation)
        parameters, colours, *size = image_shape(out, "the output", "pixelcnn")
        require_layers(channels, "pixelcnn")
        require_at_least_one(features=features, depth=depth)
        seen = colours if event is None else event[0]
        added = torch.Size((3 * features, *size))
        self.canvas = ConvDecoder(given, added, channels=channels, activation=activation)
        # the first kernels lie wholly before the pixel: see `forward`
        self.above = nn.Conv2d(seen, 2 * features, (2, 3), bias=False)
        self.left = nn.Conv2d(seen, features, (1, 2), bias=False)
        self.layers = nn.ModuleList(CausalLayer(features) for _ in range(depth))
        self.read = nn.Sequential(
            *(nonlinearity(), nn.Conv2d(features, features, 1)),
            *(nonlinearity(), nn.Conv2d(features, parameters * colours, 1)),
        )
        self.split = [2 * features, features]
        self.out = torch.Size(out)

    def condition(self, *given: Tensor) -> Tensor:
        """Return the image (N, 3 F, H, W) that tensors (N, *shape) add to the first layer."""
        return self.canvas(*given)

    def forward(self, condition: Tensor, x: Tensor) -> Tensor:
        """Return raw parameters (N, *out) for images x (N, C, H, W)."""
        v, h = condition.split(self.split, 1)
        v = v + self.above(pad(x, (1, 1, 2, 0))[..., :-1, :])
        h = h + self.left(pad(x, (2, 0, 0, 0))[..., :-1])
        for layer in self.layers:
            v, h = layer(v, h)
        return self.read(h).reshape(-1, *self.out)
