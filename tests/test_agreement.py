"""Which parts of a configuration agree."""

import pytest

from aetrain.agreement import check_pair, likelihood_support
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.errors import UserError
from aetrain.values import BINARY, REAL, UNIT, Values

CHOICES = {"likelihood": "l", "dataset": "d"}


def config(*overrides: str) -> dict:
    return check_early(compose(list(overrides)).cfg)


@pytest.mark.parametrize(
    ("support", "values", "remedy"),
    [
        (BINARY, Values(0, 1, 256), "dataset.binarize=dynamic, or likelihood=bernoulli_grey, or"),
        (BINARY, Values(0, 255), "dataset.range="),
        (UNIT, Values(-1, 1), "dataset.range="),
    ],
)
def test_a_pair_that_does_not_fit(support: Values, values: Values, remedy: str) -> None:
    with pytest.raises(UserError, match="likelihood=l scores") as error:
        check_pair(support, values, CHOICES)
    assert remedy in str(error.value)
    assert "likelihood=gaussian" in str(error.value)


@pytest.mark.parametrize(
    ("support", "values"),
    [(BINARY, BINARY), (UNIT, Values(0, 1, 256)), (REAL, UNIT), (BINARY, None)],
)
def test_a_pair_that_fits(support: Values, values: Values | None) -> None:
    check_pair(support, values, CHOICES)


def test_the_support_is_known_without_data() -> None:
    assert likelihood_support(config()) == BINARY
    assert likelihood_support(config("likelihood=bernoulli_grey")) == UNIT
    assert likelihood_support(config("likelihood=gaussian")) == REAL
