"""An override that Hydra's grammar cannot read: why, and how to write it."""

import re

_KEY = re.compile(r"[~+]{0,2}[\w$-]+([./:][\w$-]+)*(@[\w.:]*)?")
_CLOSING = {"[": "]", "{": "}", "(": ")"}


def unreadable(override: str) -> str:
    """Return the line about an override that is not `key=value` in Hydra's grammar."""
    key, equals, value = override.partition("=")
    if not equals or not key:
        if re.search(r"[\]\)}]$|^,|,$", override):
            return f"{override}: is a piece of a value with spaces; put the whole of it in quotes"
        return f"{override}: is no key=value; write both without spaces around '='"
    if not _KEY.fullmatch(key):
        if index := re.fullmatch(r"([\w.]+)\[(\d+)\]", key):
            return f"{override}: '{key}' is no key; write {index[1]}.{index[2]}={value}"
        return f"{override}: '{key}' is no key; keys look like optimizer.lr"
    if value.startswith("="):
        return f"{override}: has two '='; write {key}={value.lstrip('=')}"
    if bracket := _unbalanced(value):
        return f"{override}: '{bracket}' has no counterpart; put what has spaces in quotes"
    quote = '\\"' if "'" in value else "'"
    return f'{override}: the value cannot be read; put it in quotes, "{key}={quote}{value}{quote}"'


def _unbalanced(value: str) -> str:
    """Return the first bracket without a counterpart, outside quotes, or nothing."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", value)
    still_open: list[str] = []
    for letter in bare:
        if letter in _CLOSING:
            still_open.append(letter)
        elif letter in "]})" and (not still_open or _CLOSING[still_open.pop()] != letter):
            return letter
    return still_open[-1] if still_open else ""
