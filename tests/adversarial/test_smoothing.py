import math

import pytest

from aetrain.adversarial.least_squares import LeastSquares
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.adversarial.saturating import Saturating
from aetrain.adversarial.smoothing import require_smoothing
from aetrain.errors import UserError


def test_what_is_in_the_range_is_returned() -> None:
    assert [require_smoothing(s) for s in (0.0, 0.1, 0.49)] == [0.0, 0.1, 0.49]


@pytest.mark.parametrize("loss", [NonSaturating, Saturating, LeastSquares])
@pytest.mark.parametrize("smoothing", [-0.1, 0.5, math.nan])
def test_smoothing_has_a_range(loss: type[NonSaturating], smoothing: float) -> None:
    with pytest.raises(UserError, match=r"adversary\.loss\.smoothing=.*must be at least 0 and"):
        loss(smoothing=smoothing)
