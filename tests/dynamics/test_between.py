import pytest
import torch

from aetrain.dynamics.between import log_between, raw_between


@pytest.mark.parametrize("value", [1e-4, 0.1, 0.5, 0.999])
def test_the_raw_number_stands_for_its_value(value: float) -> None:
    raw = torch.tensor(raw_between(value), dtype=torch.float64)
    assert log_between(raw).exp().item() == pytest.approx(value, rel=1e-9)


def test_near_the_ends_it_is_the_nearest_that_can_be_reached() -> None:
    for value in (1e-9, 1 - 1e-9):
        found = log_between(torch.tensor(raw_between(value), dtype=torch.float64)).exp().item()
        assert found == pytest.approx(value, abs=1e-4)
        assert 0 < found < 1
