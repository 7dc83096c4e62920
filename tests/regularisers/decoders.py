"""Decoders to regularise, and a pass through one."""

from functools import partial

import torch
from torch import Tensor

from aetrain.conditional import Conditional
from aetrain.distributions.delta import Delta
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.conv import ConvDecoder
from aetrain.networks.mlp import MLP
from aetrain.objectives.inference import Inference
from aetrain.priors.standard_normal import StandardNormal

CODE = torch.Size((3,))
IMAGE = torch.Size((1, 8, 8))


def perceptron(activation: str = "tanh") -> Conditional:
    """Return p(x|z) with a Bernoulli likelihood, whose mean is bent."""
    network = partial(MLP, hidden=[7], activation=activation)
    return Conditional(network, Bernoulli(IMAGE), [CODE]).double()


def convolutions() -> Conditional:
    network = partial(ConvDecoder, channels=[4, 6])
    return Conditional(network, Gaussian(IMAGE), [CODE]).double()


def passed(decoder: Conditional, z: Tensor) -> tuple[Tensor, Inference]:
    """Return what a regulariser is given of a pass with codes z (B, *code)."""
    x = torch.zeros(len(z), *decoder.event, dtype=z.dtype)
    p = decoder(z[None])
    return x, Inference(x, Delta(z, z.dim() - 1), z[None], p, StandardNormal(z.shape[1:])())
