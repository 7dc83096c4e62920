"""Values of a command line as Hydra reads and writes them."""

import re
from pathlib import Path

from aetrain.errors import UserError

PLAIN = re.compile(r"[\w./-]+")
"""What Hydra reads as it stands."""


def quoted(path: Path) -> str:
    """Return a path as the value of an override: in Hydra's quotes, where it needs them."""
    text = str(path)
    if PLAIN.fullmatch(text):
        return text
    return "'" + re.sub(r"(\\*)('|$)", _escaped, text) + "'"


def _escaped(found: re.Match[str]) -> str:
    """Double the backslashes before a quote, and put one more before the quote itself."""
    slashes, end = found.groups()
    return slashes * 2 + (end and rf"\{end}")


def read(override: str) -> str:
    """Return the value of an override as Hydra reads it, with times and environment filled in.

    Raises:
        UserError: where it refers to the configuration, or to what there is not.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.utils import setup_globals
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    setup_globals()
    (parsed,) = OverridesParser.create().parse_overrides([override])
    try:
        return str(OmegaConf.create({"value": str(parsed.value())})["value"])
    except OmegaConfBaseException as error:
        raise UserError(f"{override}: cannot be resolved; use a plain path") from error
