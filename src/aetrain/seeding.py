"""Random numbers as functions of where a run stands, so that no generator's state need be kept.

Before each training step the generators are seeded from (seed, step, rank), before each block of
an evaluation from (seed, block). What is drawn then depends on nothing that happened before:
a resumed run continues bit for bit, and drawing figures does not change the training.
"""

import os
import random

import numpy as np
import torch

_MASK = (1 << 64) - 1

# The purposes that numbers are drawn for; each has a stream of its own.
INITIALISE, ORDER, STEP, EVALUATE, BINARIZE, SPLIT, SAMPLE, FIT, LABELLED = range(9)


def mix(*numbers: int) -> int:
    """Return a 63-bit hash of integers, by the finaliser of SplitMix64 after each.

    References:
        Steele, Lea, Flood: Fast splittable pseudorandom number generators. OOPSLA 2014.
        https://doi.org/10.1145/2660193.2660195
    """
    state = 0
    for number in numbers:
        state = (state + 0x9E3779B97F4A7C15 + number) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state >> 1


def seed_torch(device: torch.device, *numbers: int) -> None:
    """Seed torch's generators of the CPU and of `device` from a hash of `numbers`."""
    seed = mix(*numbers)
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        torch.cuda.default_generators[index].manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def generator(*numbers: int) -> torch.Generator:
    """Return a generator on the CPU, seeded from a hash of `numbers`."""
    return torch.Generator().manual_seed(mix(*numbers))


def seed_process(seed: int) -> None:
    """Seed every generator of this process, for what is drawn before the first step."""
    torch.manual_seed(mix(INITIALISE, seed))
    np.random.seed(mix(INITIALISE, seed, 1) % 2**32)  # noqa: NPY002  the legacy global is what users' code reads
    random.seed(mix(INITIALISE, seed, 2))


def cublas_deterministic() -> None:
    """Ask cuBLAS for reproducible sums; it reads this once, when CUDA starts."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
