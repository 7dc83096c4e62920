"""What the machine offers."""

import pytest
import torch

from aetrain import hardware
from aetrain.errors import UserError


def test_the_chosen_path_keeps_the_error_of_float32() -> None:
    path = hardware.fastest_float32(100, "cpu")
    a, b = torch.randn(100, 784), torch.randn(784, 500)
    with hardware.settings(path, 1):
        error = ((a @ b).double() - a.double() @ b.double()).norm() / (
            a.double() @ b.double()
        ).norm()
    assert error < hardware.FLOAT32_ERROR


def test_settings_are_given_back() -> None:
    before = torch.get_float32_matmul_precision(), torch.get_num_threads()
    with hardware.settings("medium", 2):
        assert torch.get_float32_matmul_precision() == "medium"
        assert torch.get_num_threads() == hardware.threads(2)
    assert (torch.get_float32_matmul_precision(), torch.get_num_threads()) == before


def test_threads_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [hardware.threads(n) for n in (1, 2, 3, 20)] == [8, 4, 2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert [hardware.threads(n) for n in (1, 4)] == [3, 2]


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hardware.device_type("cpu") == "cpu"
    with pytest.raises(UserError, match="choose auto, cpu, gpu or mps"):
        hardware.device_type("tpu")
    assert hardware.device_count("cpu", "auto") == 1
    with pytest.raises(UserError, match=r"trainer\.devices=0: must be at least 1"):
        hardware.device_count("cpu", 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert hardware.device_count("cuda", [0, 1]) == 2
    with pytest.raises(UserError, match="there are 2 devices of kind cuda"):
        hardware.device_count("cuda", 3)


@pytest.mark.parametrize(
    ("cores", "most", "told"), [(1, 2, "is one core"), (2, 2, "are 2 cores"), (8, 8, "are 8 cores")]
)
def test_no_more_processes_than_cores(
    cores: int, most: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are always possible: they are slow on one core, but two."""
    monkeypatch.setattr(hardware, "cores", lambda: cores)
    assert hardware.device_count("cpu", most) == most
    line = f"trainer.devices=99: there {told} for the processes, one each: use trainer.devices="
    with pytest.raises(UserError, match=f"{line}{most} or fewer"):
        hardware.device_count("cpu", 99)


def test_large_batches_are_not_probed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(hardware, "_shortest", lambda a, b, paths: seen.append(len(a)) or {})
    for rows in (20, 50_000):
        hardware.fastest_float32(rows, "cpu")
    assert set(seen) == {20, hardware.MOST_ROWS}


@pytest.mark.parametrize(("part", "chosen"), [(0.5, "medium"), (0.8, "highest")])
def test_the_clearly_faster_path_is_chosen(
    part: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "FLOAT32_ERROR", 1.0)  # on some processors one is not exact
    times = {"highest": 1.0, "medium": part}
    monkeypatch.setattr(hardware, "_shortest", lambda a, b, paths: {p: times[p] for p in paths})
    assert hardware.fastest_float32(20, "cpu") == chosen


def test_denormals_are_flushed_for_a_job_and_no_longer() -> None:
    tiny = torch.tensor(1e-40)
    with hardware.settings("highest", 1):
        if not torch.set_flush_denormal(True):
            pytest.skip("this processor cannot flush them")
        assert (tiny * 1.0).item() == 0.0
    assert (tiny * 1.0).item() > 0.0
