"""Handlers of signals, set where they may be."""

import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


def set_handlers(handlers: Mapping[int, Any]) -> dict[int, Any]:
    """Set handlers of signals and return those before; only the main thread may, others do not."""
    with suppress(ValueError):
        return {s: signal.signal(s, handler) for s, handler in handlers.items()}
    return {}
