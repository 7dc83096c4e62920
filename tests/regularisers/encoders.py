"""Encoders to regularise, a pass through one, and the norm that autograd gives."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aetrain.conditional import Conditional
from aetrain.distributions.delta import Delta as DeltaDistribution
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.attention import AttentionEncoder
from aetrain.networks.conv import ConvEncoder
from aetrain.networks.mlp import MLP
from aetrain.objectives.inference import Inference
from aetrain.posteriors.delta import Delta
from aetrain.priors.standard_normal import StandardNormal

IMAGE = torch.Size((1, 8, 8))


def encoder(
    network: Any, latent: int, activation: str = "sigmoid", event: Sequence[int] = IMAGE
) -> Conditional:
    family = Delta((latent,), activation=activation)
    return Conditional(network, family, [torch.Size(event)]).double()


def layer(latent: int, activation: str = "sigmoid", event: Sequence[int] = IMAGE) -> Conditional:
    """Return s(W x + b)."""
    return encoder(partial(MLP, hidden=[]), latent, activation, event)


def perceptron(latent: int, event: Sequence[int] = IMAGE) -> Conditional:
    return encoder(partial(MLP, hidden=[7], activation="tanh"), latent, event=event)


def convolutions(latent: int) -> Conditional:
    return encoder(partial(ConvEncoder, channels=[4, 6], activation="tanh"), latent)


def attention(latent: int) -> Conditional:
    return encoder(partial(AttentionEncoder, widths=[8], heads=2, depth=1), latent)


def passed(encoder: Conditional, x: Tensor) -> tuple[Tensor, Inference]:
    """Return what a regulariser is given of a pass."""
    q = encoder(x)
    assert isinstance(q, DeltaDistribution)
    p = Gaussian(x.shape[1:])(torch.zeros_like(x)[None])
    return x, Inference(x, q, q.rsample((1,)), p, StandardNormal(q.event_shape)())


def frobenius(encoder: Conditional, x: Tensor) -> Tensor:
    """Return |∂h/∂x|² of each example, (B,), by `torch.autograd.functional.jacobian`."""

    def one(x: Tensor) -> Tensor:
        jacobian = torch.autograd.functional.jacobian(
            lambda v: encoder(v[None]).mean[0], x, create_graph=True
        )
        assert isinstance(jacobian, Tensor)
        return jacobian.square().sum()

    with sdpa_kernel(SDPBackend.MATH):  # of attention's kernels the only one with two derivatives
        return torch.stack([one(v) for v in x])
