"""Pictures of the study of limits."""

import numpy as np
import torch

from aetrain.figures.along import along_ways
from aetrain.figures.areas import class_areas
from aetrain.figures.canvas import MARGIN, TITLE, pixels
from aetrain.figures.palette import colours
from aetrain.figures.shares import share_bars
from aetrain.figures.spectrum import spectrum


def test_areas_have_the_classes_colours_and_pale_where_nobody_is_sure():
    found, sure = torch.tensor([0, 1, 2, 2]), torch.tensor([1.0, 1.0, 1.0, 0.0])
    picture = pixels(class_areas(found, sure, ["a", "b", "c"], title="t"))
    left, top = MARGIN + 20, TITLE + 20
    wanted = np.round(colours(3) * 255)
    assert np.abs(picture[top, left] - wanted[0]).max() <= 1
    assert np.abs(picture[top, left + 120] - wanted[1]).max() <= 1
    assert np.abs(picture[top + 120, left] - wanted[2]).max() <= 1
    assert picture[top + 120, left + 120].tolist() == [255, 255, 255]


def test_the_others_draw_what_they_are_given():
    some = {"a": torch.rand(6, 5), "b": torch.rand(6, 5)}
    assert pixels(along_ways(some, title="t", name="n")).std() > 0
    deviations = {"a": torch.tensor([0.0, 2.0, 0.1]), "b": torch.ones(3)}
    assert pixels(spectrum(deviations, title="t")).std() > 0
    shares = {"a": torch.tensor([0.2, 0.8]), "data": torch.tensor([0.5, 0.5])}
    assert pixels(share_bars(shares, ["x", "y"], title="t")).std() > 0
