import itertools
import random

import numpy as np
import pytest
import torch

from aetrain import seeding
from aetrain.seeding import generator, mix, seed_process, seed_torch


@pytest.fixture(scope="module")
def grid() -> np.ndarray:
    """Hashes of a million (seed, step, rank)."""
    triples = itertools.product(range(20), range(12_500), range(4))
    return np.array([mix(seeding.STEP, *triple) for triple in triples], dtype=np.uint64)


def test_no_collisions(grid: np.ndarray) -> None:
    assert len(grid) == 1_000_000
    assert len(np.unique(grid)) == len(grid)


def test_the_low_32_bits_collide_no_more_than_chance(grid: np.ndarray) -> None:
    """torch's generator of the CPU uses these alone: n²/2 pairs, each with chance 2⁻³²."""
    n = len(grid)
    collisions = n - len(np.unique(grid & np.uint64(0xFFFFFFFF)))
    expected = n * n / 2 / 2**32
    assert abs(collisions - expected) < 5 * expected**0.5


def test_bits_are_balanced(grid: np.ndarray) -> None:
    assert int(grid.max()) < 2**63
    for bit in range(63):
        share = ((grid >> np.uint64(bit)) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 5 * 0.5 / len(grid) ** 0.5, bit


def test_one_bit_of_input_changes_half_of_the_output() -> None:
    flips = [
        bin(mix(seed, step, 0) ^ mix(seed, step ^ (1 << bit), 0)).count("1")
        for seed in range(20)
        for step in range(20)
        for bit in range(20)
    ]
    assert np.mean(flips) == pytest.approx(63 / 2, abs=0.3)
    assert min(flips) > 8


def test_order_and_number_of_the_integers_count() -> None:
    inputs = [(), (0,), (0, 0), (0, 0, 0), (1,), (0, 1), (1, 0), (-1,), (2**64 - 2,), (2**40,)]
    assert len({mix(*numbers) for numbers in inputs}) == len(inputs)


def test_it_is_the_finaliser_of_splitmix64() -> None:
    """The first output of SplitMix64 from the seed 0, without its lowest bit."""
    assert mix(0) == 0xE220A8397B1DCDAF >> 1


def test_purposes_have_streams_of_their_own() -> None:
    purposes = [
        *(seeding.INITIALISE, seeding.ORDER, seeding.STEP, seeding.EVALUATE),
        *(seeding.BINARIZE, seeding.SPLIT, seeding.SAMPLE, seeding.FIT),
    ]
    assert len({mix(purpose, 0, 0) for purpose in purposes}) == len(purposes)


def test_seed_torch() -> None:
    def numbers(*seed: int) -> torch.Tensor:
        seed_torch(torch.device("cpu"), *seed)
        return torch.randn(100)

    one = numbers(seeding.STEP, 0, 7, 0)
    torch.randn(13)
    assert torch.equal(numbers(seeding.STEP, 0, 7, 0), one)
    for other in [(seeding.STEP, 0, 7, 1), (seeding.STEP, 0, 8, 0), (seeding.STEP, 1, 7, 0)]:
        assert not torch.equal(numbers(*other), one)


def test_successive_steps_draw_unrelated_numbers() -> None:
    rows: list[torch.Tensor] = []
    for step in range(200):
        seed_torch(torch.device("cpu"), seeding.STEP, 0, step, 0)
        rows.append(torch.randn(500))
    x = torch.stack(rows)
    assert x.mean().abs() < 5 / x.numel() ** 0.5
    correlation = torch.corrcoef(x).fill_diagonal_(0)
    assert correlation.abs().max() < 6 / 500**0.5


def test_generator_leaves_the_global_one_alone() -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    one = torch.randperm(50, generator=generator(seeding.ORDER, 0, 1))
    assert torch.equal(one, torch.randperm(50, generator=generator(seeding.ORDER, 0, 1)))
    assert not torch.equal(one, torch.randperm(50, generator=generator(seeding.ORDER, 0, 2)))
    assert torch.equal(torch.get_rng_state(), state)


def test_seed_process_seeds_all_generators() -> None:
    def numbers(seed: int) -> tuple[float, float, float]:
        seed_process(seed)
        return torch.rand(()).item(), float(np.random.rand()), random.random()  # noqa: NPY002

    assert numbers(5) == numbers(5)
    assert all(a != b for a, b in zip(numbers(5), numbers(6), strict=True))


def test_cublas_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    seeding.cublas_deterministic()
    assert seeding.os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    seeding.cublas_deterministic()
    assert seeding.os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
