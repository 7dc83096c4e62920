import math

import pytest

from aetrain.config.kinds import FLAG, NULL, TEXT, Kind, either, list_of, number, one_of, whole

COMPLAINTS = [
    (whole(1), 0, "must be at least 1"),
    (whole(1), "abc", "a whole number is needed"),
    (whole(1), 16.0, "a whole number is needed, such as 16"),
    (whole(1), 1.5, "a whole number is needed"),
    (whole(1), True, "a whole number is needed"),
    (whole(1), None, "a whole number is needed"),
    (whole(0, also=[-1]), -2, "must be at least 0 or -1"),
    (whole(0, 3), 4, "must be at most 3"),
    (number(), "abc", "a number is needed"),
    (number(), False, "a number is needed"),
    (number(), math.nan, "a number is needed"),
    (number(0), -0.5, "must be at least 0"),
    (FLAG, 1, "true or false is needed"),
    (TEXT, 3, r"text is needed; from a shell write \'3\'"),
    (TEXT, None, "text is needed"),
    (one_of("a", "b"), "c", "choose from a, b"),
    (one_of("dynamic", "none"), "dynamc", "choose from dynamic, none. Did you mean 'dynamic'?"),
    (one_of("a", 1), True, "choose from a, 1"),
    (list_of(whole(1), "a list of whole numbers"), [3, 0], "each must be at least 1"),
    (list_of(whole(1), "a list of whole numbers"), ["a"], "a list of whole numbers is needed"),
    (
        *(list_of(whole(1), "a list of whole numbers"), 500),
        "a list of whole numbers is needed, such as [500]",
    ),
    (list_of(None, "a list of 2 values", 2), [1], "a list of 2 values is needed"),
    (either(number(0), NULL), "x", "a number or null is needed"),
    (either(number(0), NULL), -1, "must be at least 0"),
    (either(whole(), TEXT, NULL), [], "a whole number, text or null is needed"),
]


@pytest.mark.parametrize(("kind", "value", "text"), COMPLAINTS)
def test_complaint(kind: Kind, value: object, text: str):
    assert kind.complaint(value) == text


FITTING = [
    *((whole(1), 1), (whole(0, also=[-1]), -1), (number(), 3), (number(), 0.5)),
    *((number(), math.inf), (FLAG, False), (TEXT, ""), (one_of("a", 1), 1)),
    *((list_of(number(), "a list"), [1, 0.5]), (list_of(None, "a list"), [])),
    *((either(whole(), NULL), None), (either(whole(0), number(0, 1)), 5)),
]


@pytest.mark.parametrize(("kind", "value"), FITTING)
def test_no_complaint(kind: Kind, value: object):
    assert kind.complaint(value) is None
