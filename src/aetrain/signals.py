"""How Ctrl-C and SIGTERM end a run."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aetrain.autoencoder import Autoencoder
from aetrain.errors import Interrupted
from aetrain.handlers import set_handlers


@contextmanager
def ending_on_signals(model: Autoencoder) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) end the run after its batch, and a second one at once."""

    def ask(signum: int, frame: object) -> None:
        if model.stop_signal:
            raise KeyboardInterrupt
        model.stop_signal = signum
        if model.stops_at_once:
            raise Interrupted(signum)

    def listen() -> dict[int, Any]:
        return set_handlers({signal.SIGINT: ask, signal.SIGTERM: ask})

    before = listen()
    # Lightning puts handlers of its own before these, and its one for SIGTERM sends a message to
    # the other processes at once, in the midst of theirs; so these are set again after it
    model.listen = listen
    try:
        yield
    finally:
        set_handlers(before)
