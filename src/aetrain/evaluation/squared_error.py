"""The squared error of a reconstruction."""

from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.autoregressive import Autoregressive
from aetrain.families import full_precision


def squared_error(p: Distribution, x: Tensor) -> dict[str, Tensor]:
    """Return `squared_error` = |x − E[x|z]|², summed over the event, (B,), in units of x squared.

    Arguments:
        p: p(x|z), batch shape (B,) or (S, B), over whose samples it is a mean. One that draws
            pixel after pixel gives no figure: its mean takes a pass for each.
        x: what was to be reconstructed, (B, *event).
    """
    if isinstance(p, Autoregressive):
        return {}
    errors = (full_precision(p.mean) - x).square()
    return {"squared_error": errors.reshape(-1, len(x), x[0].numel()).sum(2).mean(0)}
