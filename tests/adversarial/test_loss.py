"""What holds of every loss in conf/."""

import pytest
import torch

from aetrain.adversarial.loss import AdversarialLoss
from aetrain.config.files import groups
from aetrain.making import make
from tests.battery import config


def made(name: str) -> AdversarialLoss:
    return make(config(f"adversary={name}")["adversary"]["loss"])


@pytest.mark.parametrize("name", groups()["adversary"])
def test_higher_marks_cost_less_for_real_ones_and_more_for_fakes(name: str) -> None:
    loss, marks = made(name), torch.linspace(-0.9, 0.4, 20).double()
    assert (loss.real(marks).diff() < 0).all()
    assert (loss.adversary(marks).diff() < 0).all()
    rising = torch.linspace(0.1, 0.9, 20).double()  # of least squares, 0 is what fakes should have
    assert (loss.fake(rising).diff() > 0).all()
