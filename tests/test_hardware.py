"""What the machine offers."""

import pytest
import torch

from aetrain import hardware
from aetrain.errors import UserError


def test_the_chosen_path_keeps_the_error_of_float32() -> None:
    path = hardware.float32_path("cpu")
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


@pytest.mark.parametrize(
    ("vendor", "error", "chosen"),
    [
        ("AuthenticAMD", 1.0, "medium"),
        ("AMD64 Family 25 Model 33 Stepping 0, AuthenticAMD", 1.0, "medium"),
        ("AuthenticAMD", 0.0, "highest"),
        ("GenuineIntel", 1.0, "highest"),
        ("", 1.0, "highest"),
    ],
)
def test_the_path_follows_the_processor(
    vendor: str, error: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not its times: the same run has the same digits on a machine that is busy."""
    monkeypatch.setattr(hardware, "_vendor", lambda: vendor)
    monkeypatch.setattr(hardware, "FLOAT32_ERROR", error)
    state = torch.get_rng_state()
    assert hardware.float32_path("cpu") == chosen
    assert hardware.float32_path("cuda") == "highest"
    assert torch.equal(torch.get_rng_state(), state)


def test_denormals_are_flushed_for_a_job_and_no_longer() -> None:
    tiny = torch.tensor(1e-40)
    with hardware.settings("highest", 1):
        if not torch.set_flush_denormal(True):
            pytest.skip("this processor cannot flush them")
        assert (tiny * 1.0).item() == 0.0
    assert (tiny * 1.0).item() > 0.0
