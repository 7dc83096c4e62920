"""Figures of a part of the examples."""

from aetrain.evaluation.part import of_part

FIGURES = {"nll": 90.0, "nll_se": 0.3, "nll_samples": 100, "sample_features": "pixels"}


def test_figures_say_of_how_many_examples_they_are():
    assert of_part(FIGURES, 10, 60) == {**FIGURES, "nll_examples": 10}


def test_those_of_all_say_nothing():
    assert of_part(FIGURES, 60, 60) == FIGURES


def test_a_count_of_its_own_stays():
    own = {"nll_ais": 88.0, "nll_ais_examples": 5}
    assert of_part(own, 10, 60) == own
