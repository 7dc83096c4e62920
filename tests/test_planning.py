"""From a configuration to how a model is trained."""

import pytest
import torch

from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.errors import UserError
from aetrain.planning import build_plan
from aetrain.schedules import constant


def config(*overrides: str) -> dict:
    return check_early(compose(list(overrides)).cfg)


def test_adam_is_fused_where_it_can_be() -> None:
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    assert build_plan(config(), "cpu").optimizer(parameters).defaults["fused"] is True
    assert not build_plan(config(), "mps").optimizer(parameters).defaults.get("fused")
    plan = build_plan(config("optimizer=rmsprop"), "cpu")
    assert isinstance(plan.optimizer(parameters), torch.optim.RMSprop)


def test_the_plan_is_what_the_configuration_says() -> None:
    plan = build_plan(config("objective.beta=0.25", "trainer.gradient_clip_val=3"), "cpu")
    assert plan.weights == {"rate": 0.25}
    assert plan.clip == 3.0
    assert plan.schedule(5, 10) == constant(5, 10) == 1.0


def test_annealing_multiplies_the_weights() -> None:
    plan = build_plan(
        config(
            "annealing=linear",
            "annealing.warmup=4",
            "objective.beta=3",
            "+objective.weights.distortion=0",
        ),
        "cpu",
    )
    for name, own in {"rate": 3, "distortion": 0}.items():
        weight = plan.weights[name]
        assert callable(weight)
        assert [weight(at, 9) for at in range(5)] == [0.25 * own, 0.5 * own, 0.75 * own, own, own]


def test_an_annealing_is_refused_before_it_is_needed() -> None:
    with pytest.raises(UserError, match=r"annealing\.rise=2.0: must be above 0"):
        build_plan(config("annealing=cyclical", "annealing.rise=2.0"), "cpu")
    with pytest.raises(UserError, match=r"annealing\.warmup=-1: must be at least 0"):
        build_plan(config("annealing=linear", "annealing.warmup=-1"), "cpu")
    with pytest.raises(UserError, match="none above 0: use annealing=constant"):
        build_plan(config("annealing=linear", "objective=reconstruction"), "cpu")


def test_every_schedule_is_refused_at_its_own_key_before_it_is_needed() -> None:
    with pytest.raises(UserError, match=r"^schedule\.final=-1\.0: must be at least 0"):
        build_plan(config("schedule=cosine", "schedule.final=-1.0"), "cpu")
    weight = "objective.beta={_target_:aetrain.schedules.linear,_partial_:true,warmup:-5}"
    with pytest.raises(UserError, match=r"^objective\.weights\.rate\.warmup=-5: must be"):
        build_plan(config(weight), "cpu")
