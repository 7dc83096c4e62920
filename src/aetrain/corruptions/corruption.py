"""Noise put on what a model is given, which it is to take away again."""

import math
from abc import ABC, abstractmethod

from torch import Tensor

from aetrain.errors import UserError, choice


class Corruption(ABC):
    """c(x̃|x): called on a batch it returns one draw of x̃ for each example, of the same shape.

    All is drawn at once, on the batch's device, from torch's global generators, which a run seeds
    before each step; it has no state. A batch may be of data (B, *event) or of features (B, H).

    Arguments:
        level: how strong it is, 0 for not at all; a share of the values from 0 to 1 where the
            subclass says nothing else.

    Raises:
        UserError: where the level is out of its range.

    References:
        Vincent, Larochelle, Bengio, Manzagol: Extracting and composing robust features with
        denoising autoencoders. 2008. https://doi.org/10.1145/1390156.1390294
    """

    highest: float = 1.0
    """The largest level that makes sense."""

    def __init__(self, level: float) -> None:
        if not 0 <= level <= self.highest:
            bound = "0 or more" if math.isinf(self.highest) else f"from 0 to {self.highest:g}"
            raise UserError(f"corruption.level={level}: must be {bound} for {choice(self)}")
        self.level = float(level)

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """Return x̃, (B, *event), a draw given x (B, *event), which stays as it is."""
