"""Steps that a GPU repeats by itself: CUDA graphs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, final

import torch
from torch import Tensor
from torch.optim import Optimizer

from aetrain.data.loader import Item
from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.skipping import decides_on_device

if TYPE_CHECKING:
    from aetrain.autoencoder import Autoencoder
    from aetrain.data.module import DataModule

PLAYED_FIRST = 3
"""Steps of a kind before one is recorded: buffers and kernels are chosen then."""

Costs = dict[str, Tensor]


class Recording(NamedTuple):
    """A recorded step, the places that it reads, and those that it writes its costs to."""

    graph: torch.cuda.CUDAGraph
    rows: Tensor
    labelled: Tensor | None
    costs: Costs


@final
class Recorder:
    """Plays batches by replaying a whole step, recorded once for each size and set of movers.

    A small model's step is some hundred operations of a few microseconds, which a processor hands
    over one by one more slowly than a GPU does them; a recorded one is handed over as one. It draws
    the same numbers: a graph takes seed and offset from the generator when it is replayed. What
    changes from step to step must be on the device: rows, rates, weights (`Game.keep_on_device`).

    Arguments:
        play: plays a batch, without waiting for the device, and returns its costs, scalars there.
    """

    def __init__(self, play: Callable[[Item], Costs]) -> None:
        self._play = play
        self._stream = torch.cuda.Stream()
        self._played: Counter[object] = Counter()
        self._recordings: dict[object, Recording] = {}

    def play(self, item: Item, movers: Iterable[str]) -> Costs:
        """Play a batch whose rows are places in a table on the device; return its costs.

        Raises:
            UserError: where a step does what cannot be recorded.
        """
        beside = None if item.labelled is None else len(item.labelled)
        kind = (len(item.rows), beside, item.examples, *movers)
        if kind not in self._recordings:
            if self._played[kind] < PLAYED_FIRST:
                self._played[kind] += 1
                return self._aside(item)
            self._recordings[kind] = self._record(item)
        found = self._recordings[kind]
        found.rows.copy_(item.rows, non_blocking=True)
        if found.labelled is not None and item.labelled is not None:
            found.labelled.copy_(item.labelled, non_blocking=True)
        found.graph.replay()
        return {name: cost.clone() for name, cost in found.costs.items()}

    def _aside(self, item: Item) -> Costs:
        """Play a batch on the stream that steps are recorded on, as CUDA asks for."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            costs = self._play(item)
        torch.cuda.current_stream().wait_stream(self._stream)
        return costs

    def _record(self, item: Item) -> Recording:
        device = self._stream.device
        rows = item.rows.to(device)
        labelled = None if item.labelled is None else item.labelled.to(device)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                costs = self._play(item._replace(rows=rows, labelled=labelled))
        except RuntimeError as error:
            reason = str(error).split("\n", 1)[0]
            raise refusal(f"a step of this model cannot be recorded ({reason})") from error
        return Recording(graph, rows, labelled, costs)


def require_recordable(
    model: "Autoencoder", optimizers: Mapping[str, Optimizer], data: "DataModule"
) -> None:
    """Refuse to record the steps of a stage where it is known that they cannot be.

    Arguments:
        model: with the stage's modules.
        optimizers: its players', by name.
        data: of the run.

    Raises:
        UserError: with the reason.
    """
    keeps = [type(m).__name__ for m in model.modules() if isinstance(m, Evolving) and not m.replays]
    others = [name for name, optimizer in optimizers.items() if not decides_on_device(optimizer)]
    if not data.in_memory:
        raise refusal("takes data that are in memory")
    if keeps:
        raise refusal(f"cannot repeat what {keeps[0]} of this model does after each step")
    if others:
        raise refusal(
            f"takes Adam or AdamW with fused=true, and '{others[0]}' has another optimizer"
        )


def refusal(reason: str) -> UserError:
    """Return the error that says why steps cannot be recorded."""
    return UserError(f"trainer.cuda_graph=true: {reason}; set trainer.cuda_graph=false")
