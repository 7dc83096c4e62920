"""Objects from nodes of the configuration."""

import functools

from aetrain import schedules
from aetrain.making import make

LINEAR = {"_target_": "aetrain.schedules.linear", "_partial_": True, "warmup": 4}


def test_a_partial_is_pythons_own() -> None:
    made = make(LINEAR)
    assert type(made) is functools.partial
    assert (made.func, made.keywords) == (schedules.linear, {"warmup": 4})


def test_so_is_one_within_another_node() -> None:
    made = make({"_target_": "aetrain.schedules.Scaled", "weight": 3.0, "schedule": LINEAR})
    assert isinstance(made, schedules.Scaled)
    assert type(made.schedule) is functools.partial
    assert made(0, 10) == 0.75


def test_so_are_those_of_several_by_name() -> None:
    made = make({"_target_": "builtins.dict", "one": LINEAR, "more": {"a": LINEAR, "b": LINEAR}})
    assert type(made["one"]) is functools.partial
    assert [type(maker) for maker in made["more"].values()] == [functools.partial] * 2
    assert list(made["more"]) == ["a", "b"]


def test_what_is_given_beside_the_node_is_left_as_it_is() -> None:
    node = {"_target_": "aetrain.schedules.Scaled", "weight": LINEAR}
    made = make(node, schedule=schedules.constant)
    assert made.schedule is schedules.constant
    assert made(1, 10) == 0.5
