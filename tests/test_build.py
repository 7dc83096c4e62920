"""From configuration to objects."""

import pytest

from aetrain.build import build_model
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.errors import UserError
from aetrain.making import make


def config(*overrides: str) -> dict:
    return check_early(compose(list(overrides)).cfg)


def test_a_model_has_the_layers_that_were_asked_for() -> None:
    model = build_model(config("network.hidden=[7,5]", "latent=3"), (1, 8, 8))
    shapes = [tuple(p.shape) for name, p in model.named_parameters() if name.endswith("weight")]
    assert shapes == [(7, 64), (5, 7), (6, 5), (5, 3), (7, 5), (64, 7)]


def test_a_users_error_is_not_wrapped() -> None:
    node = config("likelihood=gaussian")["likelihood"] | {"sigma": -1.0}
    with pytest.raises(UserError, match="a fixed scale must be above 0"):
        make(node)((1,))
