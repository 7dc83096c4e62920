"""A choice's settings by its name, for a run or model that is trained already."""

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from aetrain.config import signature
from aetrain.config.files import conf_files, groups
from aetrain.errors import UserError, UserErrors, did_you_mean


def chosen(group: str, name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the node of `<group>=<name>`, with some of its values replaced.

    Raises:
        UserError: where there is no such choice or value, or one is of the wrong kind.
    """
    known = groups()[group]
    if name not in known:
        hint = did_you_mean(name, known)
        raise UserError(f"{group}={name}: there is none; choose from {', '.join(known)}.{hint}")
    plain: Any = OmegaConf.to_container(OmegaConf.load(conf_files() / group / f"{name}.yaml"))
    node = {**(plain or {}), **(options or {})}
    if options and "_target_" not in node:
        raise UserError(f"{group}={name} takes no {', '.join(options)}: choose another {group}")
    if messages := signature.problems({group: node}):
        raise UserErrors(messages)
    return node
