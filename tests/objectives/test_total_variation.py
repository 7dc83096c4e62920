import numpy as np
import torch

from aetrain.objectives.total_variation import total_variation


def test_it_is_the_sum_of_all_differences_of_neighbours() -> None:
    x = torch.randn(3, 2, 4, 7, dtype=torch.float64)
    a = x.numpy()
    expected = [
        sum(
            abs(a[b, c, i, j] - a[b, c, i - k, j - 1 + k])
            for c in range(2)
            for k in (0, 1)  # the neighbour on the left, and the one above
            for i in range(k, 4)
            for j in range(1 - k, 7)
        )
        for b in range(3)
    ]
    np.testing.assert_allclose(total_variation(x).numpy(), expected, rtol=1e-12)


def test_of_an_edge_it_is_its_length_times_its_height() -> None:
    x = torch.zeros(1, 1, 6, 6)
    x[..., 2:4, 2:5] = 0.5  # a rectangle within has four sides
    assert total_variation(x).item() == 0.5 * 2 * (2 + 3)
    assert total_variation(torch.full((2, 1, 6, 6), 0.3)).tolist() == [0, 0]
    assert total_variation(torch.rand(1, 1, 1, 1)).tolist() == [0]
