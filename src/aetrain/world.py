"""The processes that train one model together."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """This process's place among `size` processes; alone, every method is the identity.

    Gradients are summed here, explicitly, after a backward pass, so that any number of players
    and optimizer steps goes with any number of processes.
    """

    rank: int = 0
    size: int = 1

    def sum(self, x: Tensor) -> Tensor:
        """Return the sum of x over all processes, detached from the graph."""
        if self.size == 1:
            return x.detach()
        total = x.detach().clone()
        dist.all_reduce(total)
        return total

    def any(self, flag: int, device: torch.device) -> int:
        """Return the largest of all processes' flags."""
        if self.size == 1:
            return flag
        largest = torch.tensor(flag, device=device)
        dist.all_reduce(largest, op=dist.ReduceOp.MAX)
        return int(largest.item())

    def agree(self, module: nn.Module) -> bool:
        """Return whether every process holds the same parameters and buffers, bit for bit."""
        if self.size == 1:
            return True
        digest = hashlib.sha256()
        for tensor in module.state_dict().values():
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
        return len(set(self.all(digest.hexdigest()))) == 1

    def require_same(self, digest: str) -> None:
        """Make sure that every process was given the same job.

        Arguments:
            digest: of this process's.

        Raises:
            RuntimeError: in every process, naming those that differ from process 0.
        """
        digests = self.all(digest)
        others = [str(rank) for rank, other in enumerate(digests) if other != digests[0]]
        if others:
            raise RuntimeError(
                f"process {', '.join(others)}: was given another job than process 0: a fault of"
                " aetrain"
            )

    def all(self, own: T) -> list[T]:
        """Return what each process has, by rank; every process must call this."""
        found = [own] * self.size
        if self.size > 1:
            dist.all_gather_object(found, own)
        return found

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its sum over all processes, in one message for each dtype.

        A parameter without a gradient here counts as zero: another process may have one.
        """
        if self.size == 1:
            return
        groups: dict[torch.dtype, list[Tensor]] = {}
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            groups.setdefault(parameter.dtype, []).append(parameter.grad)
        for gradients in groups.values():
            flat = torch.cat([g.reshape(-1) for g in gradients])
            dist.all_reduce(flat)
            for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients])):
                gradient.copy_(part.view_as(gradient))

    def copy_from_first(self, module: nn.Module) -> None:
        """Give every process the parameters and buffers of process 0."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                dist.broadcast(tensor, src=0)
