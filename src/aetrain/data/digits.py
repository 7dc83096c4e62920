"""The embedded data set: scikit-learn's 1,797 real handwritten digits of 8x8 pixels."""

from typing import Any, final

import torch

from aetrain.data.table import Memory, Splits
from aetrain.values import Values


@final
class Digits:
    """1,797 digits, 1x8x8, grey levels 0 to 16, ten classes; nothing is downloaded.

    References:
        Alpaydin, Kaynak: Optical recognition of handwritten digits. UCI Machine Learning
        Repository, 1998. https://doi.org/10.24432/C50P49
    """

    raw = Values(0.0, 16.0, 17)
    event = torch.Size((1, 8, 8))

    def load(self) -> Splits:
        """Return one table; the caller splits it."""
        from sklearn.datasets import load_digits  # takes a second to import

        digits: Any = load_digits()
        x = torch.from_numpy(digits.images).to(torch.uint8).unsqueeze(1)
        y = torch.from_numpy(digits.target).long()
        return Splits(Memory(x, y), raw=self.raw, classes=[str(c) for c in range(10)])
