"""Examples of another data set."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, final

from aetrain.player import Batch


@final
class Others(NamedTuple):
    """Examples as the model sees them.

    Attributes:
        name: what they are called.
        batches: yields {x: (B, *event)}, and y (B,) where there are labels.
    """

    name: str
    batches: Callable[[], Iterator[Batch]]
