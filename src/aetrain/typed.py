"""Commands as they are typed in a shell."""

import shlex
from collections.abc import Sequence


def typed(words: Sequence[str], program: str = "aetrain") -> str:
    """Return a command that can be copied, with quotes where the shell needs them."""
    return shlex.join([program, *words])
