"""What is said where memory runs out."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from aetrain.errors import UserError

GIB = 2**30
_CPU = re.compile(r"allocate (\d+) bytes")
_GPU = re.compile(
    r"allocate ([\d.]+ [KMGT]?i?B)\b(?:.*?total capacity of ([\d.]+ \w+))?", re.DOTALL
)
_TOO_LARGE = ("Storage size calculation overflowed", "integer multiplication overflow")


@contextmanager
def enough_memory(what: str, remedy: str) -> Iterator[None]:
    """Tell a lack of memory inside in a line; whatever else is raised passes through.

    Arguments:
        what: asks for the memory, such as "the model".
        remedy: what the user may change, such as "a smaller latent".

    Raises:
        UserError: with the size asked for, that of the machine's memory, and the remedy.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if (shortage := _shortage(error)) is None:
            raise
        raise UserError(f"memory: {what} asks for {shortage}: use {remedy}") from error


def _shortage(error: BaseException) -> str | None:
    """Return how much was asked for, and of how much; None where something else is wrong."""
    text = str(error)
    machine = f"this machine has {_gib(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))}"
    if found := _CPU.search(text):
        return f"{_gib(int(found[1]))} at once, and {machine}"
    if any(words in text for words in _TOO_LARGE):
        return f"more than can be counted, and {machine}"
    if found := _GPU.search(text):  # torch of a GPU, or NumPy
        return f"{found[1]} more, and {f'the GPU has {found[2]}' if found[2] else machine}"
    return f"more than is free, and {machine}" if isinstance(error, MemoryError) else None


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
