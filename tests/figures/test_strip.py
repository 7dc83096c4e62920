import numpy as np
import torch

from aetrain.figures.plane import plane


def test_one_dimension_gives_a_row_for_each_class() -> None:
    codes, labels = torch.randn(300, 1), torch.arange(300) % 3
    axes = plane(codes, labels, classes=["a", "b", "c"]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    for k, points in enumerate(axes.collections):
        places = np.asarray(points.get_offsets())
        assert sorted(places[:, 0]) == sorted(codes[labels == k, 0].double().tolist())
        assert np.abs(places[:, 1] - k).max() <= 0.4


def test_a_row_is_thick_where_the_codes_are_dense() -> None:
    (points,) = plane(torch.randn(3000, 1), None).axes[0].collections
    across, off = np.asarray(points.get_offsets()).T
    assert np.abs(off[np.abs(across) < 0.2]).max() > 0.3
    assert np.abs(off[np.abs(across) > 2.5]).max() < 0.1


def test_the_prior_is_marked_where_asked() -> None:
    codes = torch.randn(30, 1)
    lines = plane(codes, None).axes[0].lines
    assert [np.asarray(line.get_xdata())[0] for line in lines] == [-2, -1, 1, 2]
    assert not plane(codes, None, prior=False).axes[0].lines
