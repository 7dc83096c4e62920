"""What is said where memory runs out."""

import numpy as np
import pytest
import torch

from aetrain.errors import UserError
from aetrain.job import assemble
from aetrain.memory import enough_memory
from tests.battery import config

GPU = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.18 GiB of"
    " which 12.00 MiB is free. Process 7 has 79.16 GiB memory in use."
)
MPS = (
    "MPS backend out of memory (MPS allocated: 8.12 GiB, other allocations: 1.00 MiB, max allowed:"
    " 9.07 GiB). Tried to allocate 1.50 GiB on private pool."
)


def test_what_a_cpu_refuses() -> None:
    told = r"memory: the table asks for 931322\.6 GiB at once, and this machine has [\d.]+ GiB: use"
    with pytest.raises(UserError, match=told), enough_memory("the table", "less"):
        torch.empty(250, 10**12)
    told = "asks for more than can be counted"
    with pytest.raises(UserError, match=told), enough_memory("the table", "less"):
        torch.empty(10**12, 10**12)
    told = r"asks for 7\.28 TiB more, and this machine has"
    with pytest.raises(UserError, match=told), enough_memory("the table", "less"):
        np.ones((1000, 10**9))
    with pytest.raises(UserError, match="more than is free"), enough_memory("it", "less"):
        raise MemoryError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (torch.OutOfMemoryError(GPU), r"asks for 20\.00 GiB more, and the GPU has 79\.18 GiB: use"),
        (RuntimeError(MPS), r"asks for 1\.50 GiB more, and this machine has [\d.]+ GiB: use"),
    ],
)
def test_what_a_gpu_refuses(error: Exception, told: str) -> None:
    line = f"^memory: a step {told} a smaller batch$"
    with pytest.raises(UserError, match=line), enough_memory("a step", "a smaller batch"):
        raise error


def test_other_faults_pass() -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2"), enough_memory("it", "less"):
        torch.mm(torch.zeros(2, 3), torch.zeros(2, 3))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("latent=100000000000", "the model asks for .*use a smaller latent, now 100000000000, or"),
        ("network.hidden=[100000000000]", r"the model asks for .*network.hidden, now \[10{11}\]"),
        ("samples=100000000000", "a batch of two examples asks for .*use smaller samples, now 10"),
    ],
)
def test_what_cannot_be_held_is_refused_before_a_run_begins(override: str, told: str) -> None:
    small = ("dataset.limit=20", "network.hidden=[8]")
    with pytest.raises(UserError, match=f"^memory: {told}"):
        assemble(dict(config(*small, override)), {}, None, "cpu")
