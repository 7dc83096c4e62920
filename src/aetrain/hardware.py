"""What the machine offers: threads, the path of float32 products, its name for the records."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from aetrain.errors import UserError

FLOAT32_ERROR = 1e-6


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def float32_path(device_type: str) -> str:
    """Return the matrix path to take, `medium` where it is the faster one and as exact.

    On a CPU torch's `medium` is oneDNN instead of MKL; some processors then compute in bfloat16,
    others in float32. AMD's are slow with MKL: oneDNN took 0.5 to 0.9 of its time there, for layers
    of hundreds. Nothing is timed here: a machine that is busy with other things would choose
    another path for the same run, whose last digits would differ. Other devices keep `highest`.
    """
    if device_type != "cpu" or "AuthenticAMD" not in _vendor():
        return "highest"
    source = torch.Generator().manual_seed(0)
    a, b = (torch.randn(shape, generator=source) for shape in ((100, 784), (784, 500)))
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        product = a @ b
    finally:
        torch.set_float32_matmul_precision(before)
    exact = a.double() @ b.double()
    error = (product.double() - exact).norm() / exact.norm()
    return "medium" if error < FLOAT32_ERROR else "highest"


def threads(processes: int) -> int:
    """Return the threads of each of so many processes; OMP_NUM_THREADS lowers it, as elsewhere."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    own = max(1, cores() // processes)
    return min(own, int(allowed)) if allowed.isdigit() and int(allowed) > 0 else own


@contextmanager
def settings(float32: str, processes: int) -> Iterator[None]:
    """Set threads and the float32 path for one job, and give back what was there before.

    Numbers below 1e-38 become zero: what remains in an optimizer of a gradient that was seen once
    decays to such, and each product with one takes a processor a hundred times as long.
    """
    before = torch.get_float32_matmul_precision(), torch.get_num_threads()
    torch.set_float32_matmul_precision(float32)
    torch.set_num_threads(threads(processes))
    flushed = bool(torch.tensor(1e-40) * 1.0 == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.set_num_threads(before[1])
        torch.set_flush_denormal(flushed)


def device_type(accelerator: str) -> str:
    """Return cpu, cuda or mps for Lightning's name of an accelerator.

    Raises:
        UserError: where the device is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if accelerator == "auto":
        return next(name for name, present in there.items() if present)
    kind = "cuda" if accelerator == "gpu" and not there["mps"] else accelerator
    kind = "mps" if accelerator == "gpu" and there["mps"] else kind
    if kind not in there:
        raise UserError(f"trainer.accelerator={accelerator}: choose auto, cpu, gpu or mps")
    if not there[kind]:
        present = ", ".join(name for name, is_there in there.items() if is_there)
        raise UserError(
            f"trainer.accelerator={accelerator}: no such device here (there is: {present});"
            " use trainer=auto or trainer=cpu"
        )
    return kind


def device_count(kind: str, devices: int | str | list[int]) -> int:
    """Return how many devices are asked for.

    Raises:
        UserError: where there are fewer; on a CPU, for more processes than it has cores, of which
            two may share one.
    """
    available = torch.cuda.device_count() if kind == "cuda" else 1
    if isinstance(devices, list):
        wanted = len(devices)
    elif str(devices) in ("auto", "-1"):
        wanted = available
    else:
        wanted = int(devices)
    if wanted < 1:
        raise UserError(f"trainer.devices={devices}: must be at least 1")
    if kind == "cpu" and wanted > (most := max(2, cores())):
        there = "is one core" if cores() == 1 else f"are {cores()} cores"
        raise UserError(
            f"trainer.devices={devices}: there {there} for the processes, one each: use"
            f" trainer.devices={most} or fewer"
        )
    if kind != "cpu" and wanted > available:
        raise UserError(f"trainer.devices={devices}: there are {available} devices of kind {kind}")
    return wanted


def name(kind: str) -> str:
    """Return the device's name for people and records."""
    if kind == "cuda":
        return torch.cuda.get_device_name()
    return f"{_processor()}, {cores()} cores" if kind == "cpu" else f"Apple {platform.machine()}"


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _vendor() -> str:
    return _cpuinfo("vendor_id") or platform.processor()


def _cpuinfo(key: str) -> str:
    """Return what Linux says of the first processor, nothing elsewhere."""
    try:
        with open("/proc/cpuinfo") as file:
            found = (line.split(":", 1)[1].strip() for line in file if line.startswith(key))
            return next(found, "")
    except OSError:
        return ""
