"""Several processes on one machine that train one model."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

import torch.distributed as dist
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from pytorch_lightning.strategies import DDPStrategy

RANK, PORT, SIZE = "AETRAIN_RANK", "AETRAIN_PORT", "AETRAIN_SIZE"
READY = b"aetrain: ready"


@final
class LocalEnvironment(ClusterEnvironment):
    """Tells Lightning that the processes are there already, and who this one is.

    They are started from the job's resolved configuration, never from the command line, which in
    a sweep would start the whole sweep again in each of them.

    Arguments:
        rank: this process's.
        size: number of processes.
        port: where process 0 listens, on this machine.
    """

    def __init__(self, rank: int, size: int, port: int) -> None:
        self.rank, self.size, self.port = rank, size, port

    @property
    def creates_processes_externally(self) -> bool:
        """True: `launched` has created them."""
        return True

    @property
    def main_address(self) -> str:
        """This machine."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Where process 0 listens."""
        return self.port

    @staticmethod
    def detect() -> bool:
        """Never chosen by Lightning on its own."""
        return False

    def world_size(self) -> int:
        """Return the number of processes."""
        return self.size

    def set_world_size(self, size: int) -> None:
        """Keep it: it is known."""

    def global_rank(self) -> int:
        """Return this process's rank."""
        return self.rank

    def set_global_rank(self, rank: int) -> None:
        """Keep it: it is known."""

    def local_rank(self) -> int:
        """Return this process's rank on its machine."""
        return self.rank

    def node_rank(self) -> int:
        """Return this machine's rank."""
        return 0


@final
class Replicas(DDPStrategy):
    """Data-parallel training without a wrapper: `World.sum_gradients` joins the gradients.

    The wrapper joins them inside one backward pass of one forward pass, and counts on every
    parameter taking part; a game of several players in one training step does neither.
    """

    def configure_ddp(self) -> None:
        """Wrap nothing."""


@contextmanager
def launched(job: Path, size: int) -> Iterator[LocalEnvironment | None]:
    """Start the other processes of a job, and see that they are gone at the end.

    Arguments:
        job: file that describes the job, for `aetrain.worker`.
        size: number of processes, this one included; 1 starts none.

    Yields:
        This process's environment once all are ready to train, or None where it is alone.

    Raises:
        RuntimeError: where a process ends before it is ready.
    """
    if size == 1:
        yield None
        return
    port = _free_port()
    children: list[subprocess.Popen[bytes]] = []
    try:
        for rank in range(1, size):
            own = {RANK: str(rank), PORT: str(port), SIZE: str(size)}
            command = [sys.executable, "-m", "aetrain.worker", str(job)]
            # its standard output says when it is ready; what there is to tell goes to the error's
            children.append(
                subprocess.Popen(
                    command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
                )
            )
        for rank, child in enumerate(children, 1):
            assert child.stdout is not None
            # a process that has died closes the pipe, and the line comes empty
            if child.stdout.readline().strip() != READY:
                raise RuntimeError(f"process {rank} ended before the training; see above")
        yield LocalEnvironment(0, size, port)
        for child in children:
            child.wait(timeout=60)
    finally:
        leave_group()
        for child in children:
            if child.poll() is None:
                child.kill()
            child.communicate()


def leave_group() -> None:
    """Leave the process group, so that the next job of a sweep can make another."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
