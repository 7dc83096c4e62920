"""A command line's options and overrides, told apart wherever they stand."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from aetrain.config.files import searched
from aetrain.errors import UserError, UserErrors, did_you_mean

FLAGS = (
    *(("--multirun", "-m"), ("--hydra-help",), ("--resolve",), ("--version",), ("--help", "-h")),
    *(("--run", "-r"), ("--shell-completion", "-sc")),
)
VALUES = (("--package", "-p"), ("--config-path", "-cp"), ("--config-name", "-cn"))
"""Without --experimental-rerun, which would unpickle a file."""
CONFIGS = ("job", "hydra", "all")
"""What `--cfg` prints."""
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
"""What `--info` tells; where it does not say, all."""
ALONE = ("--run", "--multirun", "--cfg", "--info", "--shell-completion")
"""Hydra does one of these at a time."""


@dataclass(frozen=True)
class Command:
    """What a command line asks for.

    Attributes:
        overrides: what changes the configuration.
        config_dirs: the user's directories.
        options: all others, by their long names; None for one that takes no value.
    """

    overrides: list[str]
    config_dirs: list[str]
    options: dict[str, str | None]

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "Command":
        """Split a command line, in which options and overrides may be mixed.

        Raises:
            UserError: for an option that there is not, lacks its value or has a wrong one, or
                does not go with another.
        """
        parser = _parser()
        try:
            found, others = parser.parse_known_args(_with_info(arguments))
        except argparse.ArgumentError as error:
            text = str(error).removeprefix("argument ")
            raise UserError(f"{text}; correct it, see aetrain --help") from error
        given = {f"--{name.replace('_', '-')}": value for name, value in vars(found).items()}
        dirs = given.pop("--config-dir")
        options = {k: None if v is True else v for k, v in given.items() if v not in (None, False)}
        command = cls([o for o in others if not o.startswith("-")], dirs, options)
        if not command.completes:  # half a word is no mistake yet
            _require_known([text for text in others if text.startswith("-") and text != "--"])
            _require_one([name for name in options if name in ALONE])
        return command

    @property
    def multirun(self) -> bool:
        """Whether it is a sweep."""
        return "--multirun" in self.options

    @property
    def completes(self) -> bool:
        """Whether the shell asks how a word could go on."""
        return "--shell-completion" in self.options

    @property
    def tells(self) -> bool:
        """Whether Hydra is to print something, and nothing to be trained."""
        asked = ("--cfg", "--info", "--hydra-help", "--shell-completion", "--resolve")
        return any(name in self.options for name in asked)

    def for_hydra(self) -> list[str]:
        """Return it with the options first: Hydra's parser takes no override after one."""
        options = [k if v is None else f"{k}={v}" for k, v in self.options.items()]
        if len(self.config_dirs) > 1:  # of which Hydra would search the last alone
            from aetrain.config.compose import with_searchpath

            places = searched(self.overrides, self.config_dirs)
            return [*options, *with_searchpath(self.overrides, places)]
        return [*options, *(f"--config-dir={d}" for d in self.config_dirs), *self.overrides]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for names in FLAGS:
        parser.add_argument(*names, action="store_true")
    for names in VALUES:
        parser.add_argument(*names)
    parser.add_argument("--cfg", "-c", choices=CONFIGS)
    parser.add_argument("--info", "-i", choices=INFO)
    parser.add_argument("--config-dir", "-cd", action="append", default=[])
    return parser


def _with_info(arguments: Sequence[str]) -> list[str]:
    """Give `--info` the value that it may go without, so that it takes no override for one."""
    following = [*arguments[1:], ""]
    return [
        "--info=all" if word in ("--info", "-i") and after not in INFO else word
        for word, after in zip(arguments, following, strict=False)  # there may be none
    ]


def _require_known(unknown: Sequence[str]) -> None:
    known = [*(names[0] for names in (*FLAGS, *VALUES)), "--cfg", "--info", "--config-dir"]
    lines = []
    for text in unknown:
        near = did_you_mean(text.partition("=")[0], known)
        lines.append(f"{text}: no such option.{near or ' See aetrain --help'}")
    if lines:
        raise UserErrors(lines)


def _require_one(names: Sequence[str]) -> None:
    if len(names) > 1:
        raise UserError(f"{' and '.join(names)}: do not go together; leave out one")
