"""A positive parameter of a likelihood: fixed, learned, or computed by the network."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, final

import torch
from torch import Tensor, nn

from aetrain.errors import UserError
from aetrain.families import full_precision, soft_bound

Choice = float | Literal["shared", "per_dimension", "decoder"]
LOG_BOUND = 8.0
WORDS = ("shared", "per_dimension", "decoder")


@final
class Positive(nn.Module):
    """v > 0, such as a scale.

    Learned and computed ones are v = minimum + exp(b r / (b + |r|)) from a raw number r, with
    b = 8: 1 at r = 0 up to the minimum.

    Arguments:
        event: shape of one event.
        choice: a positive number, fixed; `shared`, one learned number; `per_dimension`, one learned
            number for each value; `decoder`, computed by the network.
        name: its key under `likelihood`.
        minimum: lower bound where it is not fixed.
        noun: what messages call it.
        more: further words that the key knows, which are not for this class.

    Raises:
        UserError: where a fixed number is not above 0, a word is not known, or the minimum is
            negative.
    """

    fixed: Tensor

    def __init__(
        self,
        event: Sequence[int],
        choice: Choice,
        name: str,
        *,
        minimum: float = 0.0,
        noun: str = "scale",
        more: Sequence[str] = (),
    ) -> None:
        super().__init__()
        if isinstance(choice, str) and choice not in WORDS:
            words = ", ".join([*WORDS, *more])
            raise UserError(f"likelihood.{name}={choice}: choose a number above 0, or {words}")
        if not isinstance(choice, str):
            if not 0 < choice < math.inf:
                raise UserError(
                    f"likelihood.{name}={choice}: a fixed {noun} must be above 0, such as 1.0"
                )
            self.register_buffer("fixed", torch.tensor(float(choice)), persistent=False)
        elif choice != "decoder":
            shape = () if choice == "shared" else tuple(event)
            self.raw = nn.Parameter(torch.zeros(shape))
        if not 0 <= minimum < math.inf:
            raise UserError(f"likelihood.minimum={minimum}: must be 0 or more, such as 0.004")
        self.choice, self.minimum = choice, minimum

    @property
    def computed(self) -> bool:
        """Whether the network computes it."""
        return self.choice == "decoder"

    def forward(self, computed: Iterator[Tensor]) -> Tensor:
        """Return v, which broadcasts to (..., *event).

        Arguments:
            computed: what the network computed, of which it takes the next if it is one of those.
        """
        if not isinstance(self.choice, str):
            return full_precision(self.fixed)
        raw = next(computed) if self.computed else full_precision(self.raw)
        return self.minimum + soft_bound(raw, LOG_BOUND).exp()

    @torch.no_grad()
    def begin(self, x: Tensor, power: int) -> None:
        """Begin a learned one at the spread of examples, (mean |x − mean|^power)^(1/power).

        A value that hardly varies begins at a tenth of the spread of all: the network's first
        outputs are further off than that. Constant examples say nothing.

        Arguments:
            x: (N, *event).
            power: 2 for a standard deviation, 1 for a mean absolute one.
        """
        if self.choice not in ("shared", "per_dimension"):
            return
        deviation = (x - x.mean(0)).abs().pow(power)
        whole = deviation.mean().pow(1 / power)
        own = whole if self.choice == "shared" else deviation.mean(0).pow(1 / power)
        own = own.clamp_min(0.1 * whole)
        if whole > 1e-6 * x.abs().mean():  # else rounding is all that varies
            excess = (own - self.minimum).maximum(0.1 * own).log()
            excess = excess.clamp(-0.9 * LOG_BOUND, 0.9 * LOG_BOUND)
            self.raw.copy_(excess * LOG_BOUND / (LOG_BOUND - excess.abs()))


def split(raw: Tensor, event: torch.Size, *parts: Positive, others: int = 1) -> Iterator[Tensor]:
    """Return the parameters that a network put out, each (..., *event), in their order.

    Arguments:
        raw: (..., *stacked(event, *parts, others=others)).
        event: shape of one event.
        parts: the positive parameters.
        others: number of the parameters before them.
    """
    raw = full_precision(raw)
    return iter(
        [raw] if stacked(event, *parts, others=others) == event else raw.unbind(-len(event) - 1)
    )


def stacked(event: torch.Size, *parts: Positive, others: int = 1) -> torch.Size:
    """Return the shape of a network's output: (n, *event), or the event's for one parameter."""
    n = others + sum(part.computed for part in parts)
    return event if n == 1 else torch.Size((n, *event))
