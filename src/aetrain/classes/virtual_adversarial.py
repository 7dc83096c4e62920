"""Classes that do not change near an example, whatever way one goes."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import kl_div, normalize

from aetrain.regularisers.jacobian import not_compiled


@not_compiled
def virtual_adversarial(logits_of: Callable[[Tensor], Tensor], x: Tensor, radius: float) -> Tensor:
    """Return KL(p(y|x) | p(y|x + r)) in nats, (B,), for the r, |r| = radius, where it is large.

    r goes the way of the divergence's gradient at a random point half as far away: one step of a
    power iteration for the direction in which the divergence is most curved. r is 0 where that
    gradient is. Neither p(y|x) nor r has a gradient, so that what is lowered is the change around
    x and not the certainty at it.

    Arguments:
        logits_of: from x to logits (B, K), each example for itself.
        x: examples, (B, *event).
        radius: in units of x.

    References:
        Miyato, Maeda, Koyama, Ishii: Virtual adversarial training: a regularization method for
        supervised and semi-supervised learning, section 3.3. 2018.
        https://arxiv.org/abs/1704.03976
        Hu, Miyato, Tokui, Matsumoto, Sugiyama: Learning discrete representations via information
        maximizing self-augmented training. ICML 2017. https://arxiv.org/abs/1702.08720
    """
    with torch.no_grad():
        log_p = logits_of(x).log_softmax(-1)

    def divergence(r: Tensor) -> Tensor:
        log_q = logits_of(x + r).log_softmax(-1)
        return kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1)

    with torch.enable_grad():
        start = (radius / 2 * _unit(torch.randn_like(x))).requires_grad_()
        (way,) = torch.autograd.grad(divergence(start).sum(), start)
    return divergence(radius * _unit(way))


def _unit(x: Tensor) -> Tensor:
    """Return each example, (B, *event), divided by its length; 0 stays 0.

    Its largest value is taken out first: where a class is all but certain, squares of gradients
    are 0 in float32, and so would be the length.
    """
    rows, tiny = x.flatten(1), torch.finfo(x.dtype).tiny
    largest = rows.abs().amax(1, keepdim=True).clamp_min(tiny)
    return normalize(rows / largest, dim=1, eps=tiny).view_as(x)
