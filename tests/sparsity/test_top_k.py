from typing import Any

import numpy as np
import pytest
import torch

from aetrain.errors import UserError
from aetrain.sparsity.top_k import TopK
from tests.sparsity.codes import passed

B, D = 50, 12


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("k", [1, 5, D])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_exactly_k_are_not_0_and_they_are_the_largest(k: int, dtype: torch.dtype) -> None:
    raw = torch.randn(B, D).to(dtype)
    sparsity = TopK((D,), k=k)
    x, inference = passed(sparsity, raw)
    code = inference.q.mean
    assert ((code != 0).sum(1) == k).all()
    for row, kept in zip(raw.double().numpy(), code.double().numpy(), strict=True):
        np.testing.assert_array_equal(np.sort(kept[kept != 0]), np.sort(row)[D - k :])
        np.testing.assert_array_equal(kept[kept != 0], row[kept != 0])  # each at its own place
    fraction = torch.full((B,), k / D, dtype=torch.float64)
    torch.testing.assert_close(sparsity.figures(x, inference)["active_fraction"], fraction)
    assert sparsity.terms(x, inference) == {}


def test_of_equal_values_no_more_than_k_are_kept() -> None:
    assert ((TopK((D,), k=3)(torch.ones(B, D)) != 0).sum(1) == 3).all()


def test_samples_examples_and_codes_of_any_shape() -> None:
    raw = torch.randn(3, B, 4, 3)
    code = TopK((4, 3), k=5)(raw)
    assert code.shape == raw.shape
    assert torch.equal(code.flatten(2), TopK((12,), k=5)(raw.flatten(2)))


def test_the_gradient_is_that_of_the_kept_values() -> None:
    raw = torch.randn(B, D, requires_grad=True)
    code = TopK((D,), k=5)(raw)
    (gradient,) = torch.autograd.grad((code**3).sum(), raw)
    torch.testing.assert_close(gradient, 3 * code.detach() ** 2)


@pytest.mark.parametrize(("alpha", "kept"), [(1.0, 4), (1.5, 6), (1.6, 6), (3.0, 12)])
def test_more_are_kept_after_training(alpha: float, kept: int) -> None:
    sparsity, raw = TopK((D,), k=4, alpha=alpha), torch.randn(B, D)
    assert ((sparsity(raw) != 0).sum(1) == 4).all()
    assert ((sparsity.eval()(raw) != 0).sum(1) == kept).all()


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"k": 13},
        r"sparsity\.k=13: must be at least 1 and at most 12, the size of a code \(latent\)",
    ),
    ({"k": 0}, r"sparsity\.k=0: must be at least 1 and at most 12"),
    ({"k": 3, "alpha": 0.5}, r"sparsity\.alpha=0\.5: must be at least 1, such as 1\.5"),
    ({"k": 3, "alpha": float("nan")}, r"sparsity\.alpha=nan: must be at least 1"),
    ({"k": 9, "alpha": 1.5}, r"sparsity\.alpha=1\.5: of k=9 makes 13\.5 units: must be at most 12"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        TopK((D,), **options)
