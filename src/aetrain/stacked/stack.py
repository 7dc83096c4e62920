"""The layers of a deep autoencoder, each an autoencoder of what the layers below it say."""

from typing import final

import torch
from torch import Tensor, nn

from aetrain.conditional import Conditional
from aetrain.distributions.cross_entropy import binary_cross_entropy
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.networks.layered import Layered


@final
class Stack:
    """Layer k of an encoder's n, hₖ₊₁ = f(Aₖ hₖ), and layer n−1−k of its decoder, the way back.

    h₀ is x, and hₙ the code, whose posterior has the place of f. The decoder's layer gives the
    likelihood of x for k = 0, and for k > 0 the reconstruction g(B hₖ₊₁) of hₖ, with the decoder's
    nonlinearity g. So the layers' autoencoders, one above the other, are the deep one.

    Arguments:
        encoder: q(z|x), of a point.
        decoder: p(x|z).

    Raises:
        UserError: where the networks have no layers, or the decoder's are not the encoder's in
            reverse.

    References:
        Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks.
        Science 313, 2006. https://doi.org/10.1126/science.1127647
    """

    def __init__(self, encoder: Conditional, decoder: Conditional) -> None:
        self.encoder, self.decoder = encoder, decoder
        self.up, self.down = _layered(encoder), _layered(decoder)
        there, back = self.up.widths, self.down.widths
        # a likelihood may want several numbers for each value of x
        if back[:-1] != there[:0:-1]:
            raise UserError(
                f"network: the encoder's layers have the widths {_chain(there)} and the decoder's"
                f" {_chain(back)}, so they are no pairs to be trained one by one: set"
                f" network.decoder.hidden={there[-2:0:-1]}, or use model=ae"
            )
        self.sigmoid = all(isinstance(n.nonlinearity, nn.Sigmoid) for n in (self.up, self.down))

    def __len__(self) -> int:
        return len(self.up.widths) - 1

    def modules_of(self, number: int) -> list[nn.Module]:
        """Return what a layer's autoencoder consists of."""
        down = len(self) - 1 - number
        own = [*self.up.parameters_of(number), *self.down.parameters_of(down)]
        # scales of a likelihood or a posterior
        families = [self.decoder.family] * (number == 0) + [self.encoder.family] * (down == 0)
        return [nn.ParameterList(own), *families]

    @torch.no_grad()
    def features(self, x: Tensor, number: int) -> Tensor:
        """Return hₖ, (B, width), k = `number`, for x (B, *event); no gradient goes through it."""
        h = x.flatten(1)
        for layer in range(number):
            h = self._encoded(layer, h)
        return h

    def cost(self, number: int, h: Tensor, target: Tensor) -> Tensor:
        """Return what the reconstruction of a layer's input costs, (B,), in nats.

        −log p(x | h₁) for the first layer. For the others the cross entropy −Σ [t log r + (1 − t)
        log(1 − r)] where encoder and decoder are of sigmoids, and else ½ |t − r|².

        Arguments:
            number: k.
            h: hₖ as the layer sees it, corrupted or not, (B, ...).
            target: hₖ as it is, (B, width); x, (B, *event), for the first layer.
        """
        code = self._encoded(number, h.flatten(1))
        raw = _affine(self.down, len(self) - 1 - number, code)
        if number == 0:
            family = self.decoder.family
            return -family(raw.unflatten(1, family.parameter_shape)).log_prob(target)
        raw, target = full_precision(raw), full_precision(target)
        if self.sigmoid:
            return binary_cross_entropy(raw, target).sum(1)
        return 0.5 * (self.down.nonlinearity(raw) - target).square().sum(1)

    def _encoded(self, number: int, h: Tensor) -> Tensor:
        raw = _affine(self.up, number, h)
        if number < len(self) - 1:
            return self.up.nonlinearity(raw)
        family = self.encoder.family
        return family(raw.unflatten(1, family.parameter_shape)).mean.flatten(1)


def _affine(network: Layered, number: int, h: Tensor) -> Tensor:
    # networks may be of half precision, and families are not
    return network.affine(number, h.to(network.parameters_of(number)[0].dtype))


def _layered(part: Conditional) -> Layered:
    if not isinstance(part.network, Layered):
        raise UserError(
            f"network: a stack is trained layer by layer, and {type(part.network).__name__} is no"
            " chain of fully connected layers: use network=mlp conditioning=none, or network=tied"
            " conditioning=none"
        )
    return part.network


def _chain(widths: list[int]) -> str:
    return "-".join(map(str, widths))
