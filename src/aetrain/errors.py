"""What the user did wrong, said in one line; and how a run can end before its time."""

import difflib
import re
from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can mend: the message names the place, the value and the remedy.

    The command line prints it as one line, without a traceback, and exits with status 2.
    """


class UserErrors(UserError):
    """Several mistakes at once; `str` gives one line for each."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__("\n".join(self.messages))


class NonFiniteLoss(UserError):
    """A term of the loss became NaN or infinite; the run was stopped."""


class Interrupted(Exception):
    """A signal asked the run to stop; it has saved its state. `signum` is the signal's number."""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        super().__init__(f"stopped by signal {signum}")


def choice(made: object) -> str:
    """Return the name in `conf` of an object: its class's, in small letters with underscores."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(made).__name__).lower()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
