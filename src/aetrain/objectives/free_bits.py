"""The evidence lower bound with a number of free nats for each latent dimension."""

from torch import Tensor
from torch.distributions import Distribution

from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.rate import rate, rates
from aetrain.objectives.terms import Terms, sample_mean


def free_bits(inference: Inference, *, floor: float = 0.25) -> Terms:
    """Return `distortion` (B,) and `free_bits` = Σⱼ max(λ, mean of KLⱼ over the batch), ().

    A dimension whose mean rate is below λ has no gradient from it, so it can be used for nothing.
    Where the rate does not divide by dimension all D of them are one group: max(D λ, mean rate).
    `rate` (B,), the whole, is for the log. Of several processes each takes the mean of its part.

    Arguments:
        inference: one pass.
        floor: λ in nats, at least 0; with 0 this is the ELBO.

    Raises:
        UserError: where the floor is below 0.

    References:
        Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling: Improving variational inference
        with inverse autoregressive flow, appendix C.8. 2016. https://arxiv.org/abs/1606.04934
    """
    if not floor >= 0:
        raise UserError(f"objective.floor={floor}: must be at least 0, such as 0.25 nats")
    x, q, z, p, prior = inference
    whole, floored = _floored(q, z, prior, floor)
    return {"distortion": sample_mean(-p.log_prob(x)), "rate": whole, "free_bits": floored}


def _floored(
    q: Distribution, z: Tensor, prior: Distribution, floor: float
) -> tuple[Tensor, Tensor]:
    """Return the rate, (B,), and the sum over its parts of what is paid for, ()."""
    parts = rates(q, z, prior)
    if parts is None:
        whole = rate(q, z, prior)
        return whole, whole.mean().clamp_min(floor * q.event_shape.numel())
    return parts.flatten(1).sum(1), parts.mean(0).clamp_min(floor).sum()
