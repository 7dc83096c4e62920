"""Which classes and functions a configuration may name: `_target_` runs code.

Two looks, since each sees what the other cannot. `forbidden` judges the words before anything is
imported. `resolve` judges the object that a word leads to, since a module can be reached under
the name of another one that imports it (`aetrain.train.os.system`).
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from aetrain.config.wording import listed, shown
from aetrain.errors import UserError, UserErrors

CLASSES = (
    "aetrain",
    "torch.optim",
    "pytorch_lightning.callbacks",
    "pytorch_lightning.loggers",
    "pytorch_lightning.strategies",
    "pytorch_lightning.profilers",
    "torchvision.datasets",  # its functions fetch, unpack and delete files
)
"""Packages whose classes may be named."""

FUNCTIONS = ("aetrain.objectives", "aetrain.schedules", "torch.nn", "torchvision.transforms")
"""Packages whose functions may be named too: of the others some write files."""

PACKAGES = [*CLASSES, *(name for name in FUNCTIONS if not name.startswith("aetrain."))]

FLAGS: dict[str, tuple[type, str]] = {
    "_partial_": (bool, "true or false"),
    "_recursive_": (bool, "true or false"),
    "_convert_": (str, "none, partial, object or all"),
    "_args_": (list, "a list"),
}
"""Hydra's other words in a node, and what they may be; a version to come may know more."""

# ASCII only: letters that look alike must not pass for one another
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_HYDRA_WORD = re.compile(r"_[a-z_]+_")


def forbidden(config: Mapping[str, Any], extra: Sequence[str] = ()) -> list[str]:
    """Return one message for each thing in a plain configuration that must not be instantiated.

    Nothing is imported. Values that are still missing (`???`) are left to other checks.

    Arguments:
        config: interpolations resolved; dicts and lists of any depth.
        extra: packages that the user allows. For a configuration out of a checkpoint these are
            what the present user says, never the checkpoint's own `allow`.
    """
    messages = [f"allow={shown(name)}: {text}" for name in extra if (text := _unfit(name))]
    for key, value in walk(config):
        name = key.rpartition(".")[2]
        if name == "_target_":
            text = _refusal(value, extra)
        elif name in FLAGS:
            kind, words = FLAGS[name]
            text = _left_over(value) if isinstance(value, kind) else f"must be {words}"
        elif _HYDRA_WORD.fullmatch(name):
            text = "is not a word that Hydra knows in this place; take it out"
        else:
            text = _left_over(value)
        if text:
            messages.append(f"{key}={shown(value)}: {text}")
    return messages


def resolve(target: str, extra: Sequence[str] = ()) -> Any:
    """Import and return the class or function that a `_target_` names.

    Raises:
        UserError: where there is none, or it is not allowed.
    """
    if refusal := _refusal(target, extra):
        raise UserError(f"{target}: {refusal}")
    module, names = _module(target)
    found: Any = module
    for name in names:
        if not hasattr(found, name):
            raise UserError(f"{target}: {_spelt(found)} has no '{name}'; correct the name")
        owner, found = found, getattr(found, name)
        # a module under another one's name, or what hangs on a function or an instance
        if isinstance(found, ModuleType) or not isinstance(owner, ModuleType | type):
            raise UserError(f"{target}: '{name}' is no class or function of {_spelt(owner)}")
        if isinstance(owner, type) and not isinstance(found, type):
            raise UserError(f"{target}: is a method; name a class or a function")
    home = getattr(found, "__module__", None)
    is_class = inspect.isclass(found)
    if not (is_class or inspect.isfunction(found)):
        raise UserError(f"{target}: is no class or function")
    if not _within(home, (*FUNCTIONS, *extra, *(CLASSES if is_class else ()))):
        what = "class" if is_class else "function"
        raise UserError(f"{target}: the {what} {home}.{found.__qualname__} is not allowed")
    return found


def require_allowed(config: Mapping[str, Any], extra: Sequence[str] = ()) -> None:
    """Take both looks at every `_target_`; this imports torch where the configuration names it.

    Raises:
        UserErrors: naming every key that is refused.
    """
    if messages := forbidden(config, extra):
        raise UserErrors(messages)
    for key, value in walk(config):
        if key.rpartition(".")[2] == "_target_" and value != "???":
            try:
                resolve(value, extra)
            except UserError as error:
                messages.append(f"{key}={error}")
    if messages:
        raise UserErrors(messages)


def walk(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of plain containers, dotted, with its value, from the outside in."""
    if isinstance(node, Mapping):
        items = [(f"{key}.{name}" if key else str(name), value) for name, value in node.items()]
    elif isinstance(node, list | tuple):
        items = [(f"{key}[{index}]", value) for index, value in enumerate(node)]
    else:
        return
    for name, value in items:
        yield name, value
        yield from walk(value, name)


def _refusal(target: Any, extra: Sequence[str]) -> str | None:
    """Return why a `_target_` is refused by its words alone, or None."""
    if target == "???":
        return None
    if not isinstance(target, str) or not _DOTTED.fullmatch(target):
        return "is not the dotted name of a class or function, such as torch.optim.Adam"
    if any(part.startswith("__") for part in target.split(".")):
        return "Python's inner names are not allowed"
    if _within(target, (*PACKAGES, *(name for name in extra if not _unfit(name)))):
        return None
    top = target.partition(".")[0]
    remedy = (
        f", or your own package with allow=[{top}]" if top not in sys.stdlib_module_names else ""
    )
    return f"is not allowed; use something of {listed(PACKAGES)}{remedy}"


def _unfit(name: Any) -> str | None:
    """Return why the user cannot allow a package, or None."""
    if not isinstance(name, str) or not _DOTTED.fullmatch(name):
        return "is not the name of a package, such as my_package"
    if name.partition(".")[0] in sys.stdlib_module_names:
        return "Python's own library cannot be allowed; name your own package"
    return None


def _left_over(value: Any) -> str | None:
    # Hydra interprets a node again when it makes the object: an escaped `\${oc.create:...}`
    # would only then become a node, with a `_target_` that nobody has looked at
    if isinstance(value, str) and "${" in value:
        return "an interpolation is left after all were resolved; write it without '${'"
    return None


def _within(name: Any, packages: Sequence[str]) -> bool:
    """Return whether a dotted name is one of the packages or lies in one."""
    return isinstance(name, str) and any(f"{name}.".startswith(f"{p}.") for p in packages)


def _module(target: str) -> tuple[ModuleType, list[str]]:
    """Import the longest part of a dotted name that is a module; return it and the names left."""
    parts = target.split(".")
    for end in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:end])
        try:
            return import_module(name), parts[end:]
        except ModuleNotFoundError as error:
            if error.name is None or not _within(name, [error.name]):
                raise UserError(f"{target}: {name} needs '{error.name}'; install it") from error
        except Exception as error:
            raise UserError(f"{target}: {name} cannot be imported ({_brief(error)})") from error
    raise UserError(
        f"{target}: there is no package '{parts[0]}'; start where it lies, or install it"
    )


def _spelt(owner: Any) -> str:
    return getattr(owner, "__qualname__", None) or getattr(owner, "__name__", repr(owner))


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n", 1)[0]
