"""Whether other programs hold the processors that this one is about to use.

Threads that wait for one another spin, by default for milliseconds. On cores of our own that is the
fastest way to wait. Where another program holds one of the cores, each small operation waits for a
thread that is not running, and a run falls to a thirtieth of its speed unless spinning is short.
GNU's OpenMP reads how long to spin when torch is imported, so the choice is made before that.
"""

import os
import sys
import time
from pathlib import Path

SHORT = "3000"
AT_LEAST = 0.1  # seconds to look for: the system counts in hundredths
STAT = Path("/proc/stat")


def _others() -> tuple[float, float]:
    """Return a time, and the processor seconds that others have used until then."""
    if not STAT.exists():  # not Linux
        return time.perf_counter(), 0.0
    ticks = [int(n) for n in STAT.read_text().split("\n", 1)[0].split()[1:9]]
    busy = sum(ticks) - ticks[3] - ticks[4]  # all but idle and waiting for a disk
    return time.perf_counter(), busy / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


_SINCE = _others()


def cores_taken() -> float:
    """Return how many processors others have kept busy since this module was imported."""
    start, before = _SINCE
    time.sleep(max(0.0, AT_LEAST - (time.perf_counter() - start)))
    end, after = _others()
    return max(0.0, after - before) / (end - start)


def choose_spinning() -> None:
    """Make waiting threads spin shortly where the cores are shared, unless the user has chosen."""
    chosen = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS"} & os.environ.keys()
    if (
        not chosen
        and "torch" not in sys.modules
        and cores_taken() > 0.5 + (os.cpu_count() or 1) - _allowed()
    ):
        os.environ["GOMP_SPINCOUNT"] = SHORT


def _allowed() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
