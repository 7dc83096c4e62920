import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Protocol, TypeVar, Union

import pytest
from torch import Tensor

from aetrain.config.annotations import kind_of, kind_of_parameter

T = TypeVar("T")


class Source(Protocol): ...


NAMES: list[tuple[Any, str | None]] = [
    (int, "a whole number"),
    (float, "a number"),
    (bool, "true or false"),
    (str, "text"),
    (Path, "text"),
    (str | Path, "text"),
    (dict[str, int], "a group of settings"),
    (Mapping[str, int], "a group of settings"),
    (list, "a list"),
    (int | None, "a whole number or null"),
    (Optional[float], "a number or null"),  # noqa: UP045  written so in torch
    (None | float, "a number or null"),
    (Union[float, Tensor], "a number"),  # noqa: UP007  written so in torch
    (float | int, "a number"),
    (Sequence[int], "a list of whole numbers"),
    (list[float], "a list of numbers"),
    (Iterable[str], "a list of words"),
    (tuple[int, ...], "a list of whole numbers"),
    (tuple[float, float], "a list of 2 numbers"),
    (tuple[float | Tensor, float | Tensor], "a list of 2 numbers"),
    (tuple[int, str], "a list of 2 values"),
    (int | Sequence[int] | None, "a whole number, a list of whole numbers or null"),
    (Literal["a", "b"], "one of a, b"),
    (Literal["a", None], "one of a or null"),
    (Literal["a", "b"] | float, "one of a, b or a number"),
    (Annotated[int, "positive"], "a whole number"),
    (Annotated[int, []], "a whole number"),
    (Tensor, None),
    (Source, None),
    (Any, None),
    (T, None),
    ("int", None),
    (Callable[[int], int], None),
    (int | Callable[[int], int], None),
    (type[int], None),
]


@pytest.mark.parametrize(("annotation", "name"), NAMES, ids=[str(a) for a, _ in NAMES])
def test_name(annotation: Any, name: str | None):
    kind = kind_of(annotation)
    assert (kind.name if kind else None) == name


DEFAULTS: list[tuple[Any, str | None]] = [
    (0, "a number"),
    (0.5, "a number"),
    (True, "true or false"),
    ("a", "text"),
    ((1, 2), "a list"),
    (None, None),
    (print, None),
]


@pytest.mark.parametrize(("default", "name"), DEFAULTS)
def test_without_annotation_the_default_decides(default: Any, name: str | None):
    parameter = inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY, default=default)
    kind = kind_of_parameter(parameter)
    assert (kind.name if kind else None) == name


def test_a_default_of_none_is_allowed():
    parameter = inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=int)
    kind = kind_of_parameter(parameter)
    assert kind is not None
    assert kind.complaint(None) is None
