"""Decoders to regularise."""

from functools import partial

import torch

from aetrain.conditional import Conditional
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.conv import ConvDecoder
from aetrain.networks.mlp import MLP

CODE = torch.Size((3,))
IMAGE = torch.Size((1, 8, 8))


def perceptron(activation: str = "tanh") -> Conditional:
    """Return p(x|z) with a Bernoulli likelihood, whose mean is bent."""
    network = partial(MLP, hidden=[7], activation=activation)
    return Conditional(network, Bernoulli(IMAGE), [CODE]).double()


def convolutions() -> Conditional:
    network = partial(ConvDecoder, channels=[4, 6])
    return Conditional(network, Gaussian(IMAGE), [CODE]).double()
