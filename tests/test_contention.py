"""Whether others hold the cores is seen, and spinning is chosen accordingly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aetrain import contention

SAY = (
    "import os; from aetrain import contention;"
    "contention.cores_taken = lambda: {taken};"
    "contention.choose_spinning(); print(os.environ.get('GOMP_SPINCOUNT'))"
)


def chosen(taken: float, **settings: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GOMP", "OMP"))}
    command = [sys.executable, "-c", SAY.format(taken=taken)]
    return subprocess.check_output(command, text=True, env=clean | settings).strip()


def test_spinning_is_short_only_where_the_cores_are_shared() -> None:
    assert chosen(0.0) == "None"
    assert chosen(float(os.cpu_count() or 1)) == contention.SHORT


def test_the_users_choice_stands() -> None:
    assert chosen(64.0, GOMP_SPINCOUNT="7") == "7"
    assert chosen(64.0, OMP_NUM_THREADS="1") == "None"


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux's /proc/stat")
def test_a_busy_process_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        monkeypatch.setattr(contention, "AT_LEAST", 1.0)
        monkeypatch.setattr(contention, "_SINCE", contention._others())
        assert contention.cores_taken() > 0.3
    finally:
        busy.kill()
        busy.wait()
