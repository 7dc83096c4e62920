"""The importance-weighted bound with doubly reparameterised gradients."""

import torch
from torch import Tensor

from aetrain.distributions.detached import detached
from aetrain.objectives.inference import Inference
from aetrain.objectives.log_weights import log_mean_exp, log_weights
from aetrain.objectives.terms import Terms


def dreg(inference: Inference) -> Terms:
    """Return `dreg` = −log 1/K Σₖ wₖ, (B,), over K = S samples, as `iwae`, with other gradients.

    With w̃ = w / Σ w the decoder's gradient is that of `iwae`, −Σ w̃ₖ ∇log wₖ. The encoder's is
    −Σ w̃ₖ² ∇_z log wₖ ∂zₖ/∂φ, in which q's own parameters count as constants: the same in the
    mean, but with a signal that does not drown in noise as K rises. Of one sample it is `stl`.
    `distortion` and `rate` (B,) are for the log, and have no gradient.

    References:
        Tucker, Lawson, Gu, Maddison: Doubly reparameterized gradient estimators for Monte Carlo
        objectives. 2019. https://arxiv.org/abs/1810.04152
    """
    z = inference.z
    # a tensor of its own: what layers remember of the draw z knows of the encoder by other ways
    log_w, logged = log_weights(inference._replace(q=detached(inference.q), z=z.view_as(z)))
    if z.requires_grad and torch.is_grad_enabled() and len(z) > 1:
        share = log_w.detach().softmax(0)
        share = share.reshape(*share.shape, *[1] * (z.dim() - share.dim()))
        # all that log w knows of the encoder reaches it through z, weighted by w̃ once
        z.register_hook(share.mul)
    return {"dreg": -log_mean_exp(log_w), **_constant(logged)}


def _constant(terms: Terms) -> Terms:
    return {name: term.detach() for name, term in terms.items() if isinstance(term, Tensor)}
