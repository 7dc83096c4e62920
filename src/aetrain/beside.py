"""Jobs of a sweep that a launcher such as joblib runs beside each other, in its processes."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO, final

from aetrain.handlers import set_handlers

BASIC_LAUNCHER = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
"""Does one job after another, in this process."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
SHARED = "AETRAIN_SHARED_DEVICES"
"""Set where a process has chosen its GPUs."""
MARK = ".stopped"
"""File in a sweep's directory: no other job is to begin."""


def runs_beside(launcher: Mapping[str, Any]) -> bool:
    """Return whether Hydra's settings of a launcher are not those of the basic one."""
    return launcher["_target_"] != BASIC_LAUNCHER


@contextmanager
def waiting(directory: Path, at_work: Callable[[], list[int]]) -> Iterator[None]:
    """At Ctrl-C or SIGTERM, wait for jobs at work in other processes, which save, and mark that.

    The launcher would end them at once; a second signal lets it. Ctrl-C is heard by them too,
    SIGTERM is passed on. Where no other process is at work, signals do what they did before.

    Arguments:
        directory: of the sweep.
        at_work: returns the numbers of the other processes that are.
    """

    def wait(signum: int, frame: object) -> None:
        set_handlers(before)
        others = at_work()
        if not others:
            signal.raise_signal(signum)
            return
        (directory / MARK).touch()
        print("waiting for the jobs to save; again to end them at once", flush=True)
        if signum == signal.SIGTERM:
            for pid in others:
                with suppress(ProcessLookupError):
                    os.kill(pid, signum)

    # no SIG_IGN, which the processes that are started would inherit
    before = set_handlers({signal.SIGINT: wait, signal.SIGTERM: wait})
    try:
        yield
    finally:
        set_handlers(before)


@contextmanager
def beside(number: int) -> Iterator[None]:
    """Do a job in a process of the launcher: its lines labelled.

    Between two jobs Ctrl-C is not for such a process: it would end, and the launcher then all
    others.

    Arguments:
        number: the job's.
    """
    before: dict[int, Any] = set_handlers({signal.SIGINT: signal.default_int_handler})
    lines = Labelled(sys.stdout, f"{number} | ")
    try:
        with redirect_stdout(lines):
            yield
    finally:
        lines.end()
        if before.get(signal.SIGINT) is signal.default_int_handler:  # not in the sweep's own
            before = {signal.SIGINT: signal.SIG_IGN}
        set_handlers(before)


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

    def end(self) -> None:
        """Write what has no end of line yet."""
        self.write("\n")
