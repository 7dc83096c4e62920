"""Jobs of a sweep that a launcher such as joblib runs beside each other, in its processes."""

import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, final

from aetrain.config.quoting import read

BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
"""Does one job after another, in this process."""
LAUNCHER = "hydra/launcher="
VISIBLE, SHARED = "CUDA_VISIBLE_DEVICES", "AETRAIN_SHARED_DEVICES"


def runs_beside(launcher: Mapping[str, Any]) -> bool:
    """Return whether Hydra's settings of a launcher are not those of the basic one."""
    return launcher["_target_"] != BASIC


def asks_for_beside(arguments: Sequence[str]) -> bool:
    """Return whether a command line names another launcher than the basic one."""
    named = [read(a) for a in arguments if a.startswith(LAUNCHER)]
    return bool(named) and named[-1] != "basic"


@contextmanager
def waiting() -> Iterator[None]:
    """Wait at the first Ctrl-C until the jobs, which hear of it too, have saved.

    The launcher would end their processes at once. A second Ctrl-C lets it.
    """

    def wait(signum: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("waiting for the jobs to save; again to end them at once", flush=True)

    # no SIG_IGN, which the processes that are started would inherit
    before = signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def beside(number: int, trainer: Mapping[str, Any]) -> Iterator[None]:
    """Do a job in a process of the launcher: on its share of the GPUs, its lines labelled.

    Between two jobs Ctrl-C is not for the process: it would end, and the launcher then all others.

    Arguments:
        number: the job's.
        trainer: its settings.
    """
    share_devices(number, trainer)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with redirect_stdout(Labelled(sys.stdout, f"{number} | ")):
            yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def share_devices(number: int, trainer: Mapping[str, Any]) -> None:
    """Let this process see as many GPUs as its first job takes, other ones than its neighbours.

    Job k of jobs of d devices each begins at GPU k·d, modulo how many there are. What a process
    has begun with it keeps: CUDA looks once.

    Arguments:
        number: k.
        trainer: `accelerator` and `devices`; a list of GPUs, or all of them, is left as it is.
    """
    devices = str(trainer["devices"])
    if SHARED in os.environ or trainer["accelerator"] in ("cpu", "mps") or not devices.isdecimal():
        return
    import torch

    named = [name for name in os.environ.get(VISIBLE, "").split(",") if name]
    there = named or [str(i) for i in range(torch.cuda.device_count())]
    wanted = int(devices)
    if 0 < wanted <= len(there):
        chosen = [there[(number * wanted + i) % len(there)] for i in range(wanted)]
        os.environ[VISIBLE] = ",".join(chosen)
        os.environ[SHARED] = "1"


@final
class Labelled(io.TextIOBase):
    """Writes to a stream that processes share, line by line and each after a label.

    Arguments:
        stream: where to.
        label: before each line that is not empty; the others are left out.
    """

    def __init__(self, stream: TextIO, label: str) -> None:
        self.stream, self.label = stream, label
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the lines that are whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        whole = "".join(f"{self.label}{line}\n" for line in lines if line.strip())
        if whole:
            self.stream.write(whole)
            self.stream.flush()
        return len(text)
