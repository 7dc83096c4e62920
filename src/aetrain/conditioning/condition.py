"""What conditional networks are given beside their own input."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError


@final
class Condition:
    """c of the present batch, which every conditional network of a model reads.

    A condition of zeros alone stands for none: that of an example without a label.

    Arguments:
        shape: of one c, without batch dimensions.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = torch.Size(shape)
        self._present: Tensor | None = None

    @property
    def present(self) -> Tensor | None:
        """The condition that is given, (B, *shape); None where there is none."""
        return self._present

    @contextmanager
    def given(self, c: Tensor | None) -> Iterator[None]:
        """Let c (B, *shape) be the condition for a while; None: none is given."""
        before, self._present = self._present, c
        try:
            yield
        finally:
            self._present = before

    def none(self, device: torch.device | None = None) -> AbstractContextManager[None]:
        """Let there be no condition, c = 0, for a while, however many rows there are."""
        return self.given(torch.zeros(1, *self.shape, device=device))

    def of(self, rows: int, like: Tensor) -> Tensor:
        """Return the condition of the rows of a folded batch, (rows, *shape), in the type of like.

        Rows are B examples, or S times B of them, the examples of each sample one after another.

        Raises:
            UserError: where none is given.
        """
        c = self.all(like)
        given = c.shape[0]  # len() would be a constant of what is exported
        if rows % given:
            raise RuntimeError(f"{given} conditions for {rows} rows: a fault of aetrain")
        return c if given == rows else c.repeat(rows // given, *[1] * len(self.shape))

    def all(self, like: Tensor) -> Tensor:
        """Return the condition of the batch, (B, *shape), in the type of like.

        Raises:
            UserError: where none is given.
        """
        if self._present is None:
            raise UserError(
                "conditioning: this model works under a condition, and none is given: use"
                " condition=..., a class or one for each example, as in sample(n, condition=3), or"
                " ae sample RUN --condition 3"
            )
        return self._present.to(like)
