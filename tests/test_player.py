import torch
from torch import nn

from aetrain.objectives.terms import Terms
from aetrain.player import Batch, Player


def terms(batch: Batch) -> Terms:
    return {"distortion": batch["x"]}


def test_each_trainable_parameter_once() -> None:
    shared, own = nn.Linear(2, 3), nn.Linear(3, 4)
    player = Player([nn.Sequential(shared, own), shared, own], terms)
    assert [id(p) for p in player.parameters()] == [
        id(p) for p in (shared.weight, shared.bias, own.weight, own.bias)
    ]


def test_equal_parameters_are_not_the_same() -> None:
    modules = [nn.Linear(2, 2), nn.Linear(2, 2)]
    modules[1].load_state_dict(modules[0].state_dict())
    assert len(list(Player(modules, terms).parameters())) == 4


def test_frozen_parameters_are_left_out() -> None:
    one, frozen = nn.Linear(2, 3), nn.Linear(3, 4).requires_grad_(False)
    assert list(Player([one, frozen], terms).parameters()) == [one.weight, one.bias]
    assert not list(Player([], terms).parameters())


def test_terms() -> None:
    x = torch.randn(3)
    assert Player([], terms).terms({"x": x}) == {"distortion": x}
