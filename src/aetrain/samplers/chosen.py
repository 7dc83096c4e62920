"""A sampler's settings by its name, for a run or model that is trained already."""

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from aetrain.config import signature
from aetrain.config.files import conf_files, groups
from aetrain.errors import UserError, UserErrors, did_you_mean


def chosen(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the node of `sampler=<name>`, with some of its values replaced.

    Raises:
        UserError: where there is no such choice or value, or one is of the wrong kind.
    """
    known = groups()["sampler"]
    if name not in known:
        hint = did_you_mean(name, known)
        raise UserError(f"sampler={name}: there is none; choose from {', '.join(known)}.{hint}")
    plain: Any = OmegaConf.to_container(OmegaConf.load(conf_files() / "sampler" / f"{name}.yaml"))
    node = {**plain, **(options or {})}
    if options and "_target_" not in node:
        raise UserError(f"sampler={name} takes no {', '.join(options)}: choose another sampler")
    if messages := signature.problems({"sampler": node}):
        raise UserErrors(messages)
    return node
