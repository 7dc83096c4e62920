"""One count of the numbers of a code, from 0, in every figure."""

import torch

from aetrain.figures.bars import rate_bars
from aetrain.figures.coordinate import coordinate
from aetrain.figures.grid import decoded_grid
from aetrain.figures.plane import plane


def test_numbers_are_counted_from_0():
    assert [coordinate(d) for d in (0, 9, 10, 1234)] == ["z₀", "z₉", "z₁₀", "z₁₂₃₄"]


def test_all_figures_count_alike():
    axes = plane(torch.randn(20, 2), None).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (coordinate(0), coordinate(1))
    axes = decoded_grid(lambda z: torch.rand(len(z), 1, 8, 8), n=4).axes[0]
    assert (axes.get_xlabel(), axes.texts[0].get_text()) == (coordinate(0), coordinate(1))
    bars = rate_bars(torch.tensor([2.0, 1.0])).axes[0]
    assert [label.get_text() for label in bars.get_xticklabels()] == ["0", "1"]
