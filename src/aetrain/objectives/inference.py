"""What one pass through a model gives to its objective."""

from typing import NamedTuple

from torch import Tensor
from torch.distributions import Distribution


class Inference(NamedTuple):
    """One pass: x (B, *event); q(z|x), batch (B,); z (S, B, *latent); p(x|z), batch (S, B)."""

    x: Tensor
    q: Distribution
    z: Tensor
    p: Distribution
    prior: Distribution
