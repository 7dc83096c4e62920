"""Several processes on one machine that train one model."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import final

import torch.distributed as dist
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_utilities.core.rank_zero import rank_zero_only
from pytorch_lightning.strategies import DDPStrategy

from aetrain.errors import UserError

RANK, PORT, SIZE = "AETRAIN_RANK", "AETRAIN_PORT", "AETRAIN_SIZE"
READY = b"aetrain: ready"


@final
class LocalEnvironment(ClusterEnvironment):
    """Tells Lightning that the processes are there already, and who this one is.

    They are started from the job's resolved configuration, never from the command line, which in
    a sweep would start the whole sweep again in each of them. A process that is alone has one too:
    Lightning would look for its rank in what other programs leave in the environment.

    Arguments:
        rank: this process's.
        size: number of processes.
        port: where process 0 listens, on this machine.
    """

    def __init__(self, rank: int, size: int, port: int) -> None:
        self.rank, self.size, self.port = rank, size, port

    def declare(self) -> None:
        """Let this be the rank for what writes in process 0 only: at import it was LOCAL_RANK."""
        rank_zero_only.rank = self.rank  # pyright: ignore[reportFunctionMemberAccess]

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
def launched(job: Path, size: int) -> Iterator[LocalEnvironment]:
    """Start the other processes of a job, and see that they are gone at the end.

    Arguments:
        job: file that describes the job, for `aetrain.worker`.
        size: number of processes, this one included; 1 starts none.

    Yields:
        This process's environment, once all are ready to train.

    Raises:
        RuntimeError: where a process ends before it is ready.
    """
    if size == 1:
        yield LocalEnvironment(0, 1, 0)
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


def refuse_tasks(variables: Mapping[str, str]) -> None:
    """Refuse to be one of several that another program has started: each would train alone.

    Arguments:
        variables: of the environment.

    Raises:
        UserError: naming the variable that tells.
    """
    # in a shell that SLURM has opened, a command is started once
    shell = variables.get("SLURM_JOB_NAME") in ("bash", "interactive")
    if "SLURM_PROCID" in variables and not shell:
        _refuse_several(variables, "SLURM_NTASKS", "srun --ntasks=1")
    if "TORCHELASTIC_RUN_ID" in variables:
        _refuse_several(variables, "WORLD_SIZE", "python instead of torchrun")


def _refuse_several(variables: Mapping[str, str], name: str, remedy: str) -> None:
    number = variables.get(name, "")
    if number.isdecimal() and int(number) > 1:
        raise UserError(
            f"{name}={number}: this command is started {number} times, and one of them starts its"
            f" own processes: use {remedy}, with trainer.devices={number}"
        )


def leave_group() -> None:
    """Leave the process group, so that the next job of a sweep can make another."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
