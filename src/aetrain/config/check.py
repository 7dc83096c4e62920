"""Everything that can be said of a configuration before anything is made from it, at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aetrain.config import allowlist, plain, schema
from aetrain.errors import UserErrors

if TYPE_CHECKING:
    from omegaconf import DictConfig


def check_early(cfg: "DictConfig", typed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the resolved, plain configuration; where all is well, without importing torch.

    Arguments:
        cfg: as it was composed.
        typed: the overrides that the user gave.

    Raises:
        UserErrors: one line for each value that is missing, cannot be resolved, is of the wrong
            kind or size, or names code that is not allowed.
    """
    config, unresolved = plain.plain(cfg)
    unreadable = [*plain.missing(cfg), *unresolved, *plain.useless(config, typed)]
    wrong = schema.problems(config)
    refused = allowlist.forbidden(config, _allowed(config))
    if wrong and not unreadable and not refused:
        # there is something to tell anyway, so take the time to find all of it
        from aetrain.config import signature

        told = {_blamed(line) for line in wrong}
        wrong += [line for line in signature.problems(config) if _blamed(line) not in told]
    if messages := [*unreadable, *wrong, *refused]:
        raise UserErrors(messages)
    return config


def check_targets(config: dict[str, Any]) -> None:
    """Hold each node against the signature of its `_target_`, which imports the targets.

    Raises:
        UserErrors: one line for each target that is not allowed or does not exist, and each
            argument that is unknown, absent or of the wrong kind.
    """
    from aetrain.config import signature

    messages = allowlist.forbidden(config, _allowed(config))
    # importing what a refused configuration names could already run it
    if messages := messages or signature.problems(config):
        raise UserErrors(messages)


def check(config: dict[str, Any]) -> None:
    """Make every check of a plain configuration, such as one that is read back from a run.

    Raises:
        UserErrors: as `check_targets`, and for the keys that the program itself reads.
    """
    messages = schema.problems(config)
    messages += allowlist.forbidden(config, _allowed(config))
    if messages:
        raise UserErrors(messages)
    check_targets(config)


def _blamed(line: str) -> tuple[str, str]:
    """Return the group and the value that a line is about: other keys take it by `${...}`."""
    key, _, rest = line.partition("=")
    valued = rest and ": " not in key
    return (key.partition(".")[0], rest.partition(": ")[0]) if valued else (line, "")


def _allowed(config: dict[str, Any]) -> list[Any]:
    # an `allow` that is no list is the schema's to refuse
    allow = config.get("allow")
    return allow if isinstance(allow, list) else []
