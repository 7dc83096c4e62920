"""A pass whose codes are what a sparsity made of raw ones."""

import torch
from torch import Tensor

from aetrain.likelihoods.gaussian import Gaussian
from aetrain.objectives.inference import Inference
from aetrain.posteriors.delta import Delta
from aetrain.priors.standard_normal import StandardNormal
from aetrain.sparsity.sparsity import Sparsity


def passed(sparsity: Sparsity, raw: Tensor) -> tuple[Tensor, Inference]:
    """Return what a sparsity is given of a pass, for raw (B, D)."""
    q = Delta(raw.shape[1:], sparsity=sparsity)(raw)
    x = torch.zeros(len(raw), 1, dtype=raw.dtype)
    return x, Inference(x, q, q.rsample((1,)), Gaussian((1,))(x[None]), StandardNormal((1,))())
