"""What Hydra, OmegaConf and yaml say about a wrong configuration, in lines that name the remedy."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aetrain.config.plain import unresolved
from aetrain.config.unreadable import unreadable
from aetrain.config.wording import listed, unknown_choice, unknown_key
from aetrain.errors import UserError, UserErrors, did_you_mean


@dataclass(frozen=True)
class Known:
    """What there is: the user's overrides, the groups with their choices, all keys."""

    overrides: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    keys: Sequence[str]

    def override(self, key: str) -> str:
        """Return the override that names a key, or the key."""
        named = (o for o in self.overrides if o.lstrip("~+").partition("=")[0] == key)
        return next(named, key)


def explain(
    error: BaseException,
    overrides: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    keys: Sequence[str],
) -> list[str]:
    """Return what is wrong as lines for the user; none for an error that is no user's mistake.

    Arguments:
        error: as it was raised, by Hydra, OmegaConf, yaml or this package.
        overrides: what the user typed.
        groups: group -> choices.
        keys: all keys of the configuration, dotted.
    """
    known = Known(overrides, groups, keys)
    # an error of our own inside Hydra's says more than Hydra about it
    for looks in ((_user,), (_yaml, _parse, _missing_config, _omegaconf, _instantiation, _hydra)):
        for cause in _chain(error):
            for look in looks:
                if lines := look(cause, known):
                    return lines
    return []


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _user(error: BaseException, known: Known) -> list[str]:
    if isinstance(error, UserErrors):
        return error.messages
    return [str(error)] if isinstance(error, UserError) else []


def _yaml(error: BaseException, known: Known) -> list[str]:
    from yaml import MarkedYAMLError, YAMLError

    if isinstance(error, UnicodeDecodeError):
        return ["a configuration file is not UTF-8 text; save it as such"]
    if isinstance(error, MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        problem = error.problem or error.context or "cannot be read"
        if r"'\t'" in problem:
            problem = "indented by a tab, where yaml wants spaces"
        return [f"{mark.name}:{mark.line + 1}:{mark.column + 1}: {problem}; correct the file"]
    return [f"{_line(error)}; correct the file"] if isinstance(error, YAMLError) else []


def _parse(error: BaseException, known: Known) -> list[str]:
    from hydra.errors import OverrideParseException

    return [unreadable(error.override)] if isinstance(error, OverrideParseException) else []


def _missing_config(error: BaseException, known: Known) -> list[str]:
    from hydra.errors import MissingConfigException

    if not isinstance(error, MissingConfigException) or not error.missing_cfg_file:
        return []
    group, _, choice = error.missing_cfg_file.rpartition("/")
    named_in = re.match(r"In '(.*?)'", str(error))
    typed = any(o.endswith(f"{group}={choice}") for o in known.overrides)
    # of a recipe's wrong override Hydra names the file that it overrides, train.yaml
    place = "" if typed or not named_in or named_in[1] == "train" else f"{named_in[1]}.yaml: "
    choices = known.groups.get(group) or error.options
    if not choices:
        return [f"{place}there is no file {error.missing_cfg_file}.yaml; correct the name"]
    return [place + unknown_choice(group, choice, choices)]


def _omegaconf(error: BaseException, known: Known) -> list[str]:
    from omegaconf.errors import (
        GrammarParseError,
        InterpolationResolutionError,
        OmegaConfBaseException,
    )

    key = getattr(error, "full_key", None) or ""
    if isinstance(error, GrammarParseError):
        return [f"{key}: the interpolation cannot be read; write ${{name.of.a.key}}"]
    if isinstance(error, InterpolationResolutionError):
        return unresolved(error, key, list(known.keys))
    if isinstance(error, OmegaConfBaseException) and error.__cause__ is None and key:
        return [f"{key}: {_line(error)}; correct the value"]
    return []


def _instantiation(error: BaseException, known: Known) -> list[str]:
    from hydra.errors import InstantiationException

    # a class that refuses a value says so by ValueError; anything else is a fault
    if isinstance(error, InstantiationException) and isinstance(error.__cause__, ValueError):
        named = re.search(r"'([\w.]+)'", str(error))
        return [f"{named[1] if named else 'a target'}: {_line(error.__cause__)}; change the value"]
    return []


def _hydra(error: BaseException, known: Known) -> list[str]:
    from hydra.errors import HydraException, InstantiationException

    if isinstance(error, InstantiationException):
        return []
    text = str(error)
    for pattern, answer in PATTERNS:
        if match := re.search(pattern, text, re.DOTALL):
            return [answer(match, known)]
    # of a chain the inmost knows most; an empty text leaves it to the cause
    return [_line(error)] if isinstance(error, HydraException) and text else []


def _no_group(match: re.Match[str], known: Known) -> str:
    place = f"{match[1]}.yaml: " if match[1] else ""
    key = match[2]
    return f"{place}no such group '{key}'.{did_you_mean(key, known.groups)}".removesuffix(".")


def _package(match: re.Match[str], known: Known) -> str:
    return f"{known.override(match[1])}: no such group '{match[1]}'. Did you mean '{match[2]}'?"


def _twice(match: re.Match[str], known: Known) -> str:
    name = match[1]
    return f"{name}: chosen twice; in a recipe's defaults write 'override /{name}: ...'"


def _choose(match: re.Match[str], known: Known) -> str:
    return (
        f"{match[1]}: is missing; choose one with {match[1]}=..., from {listed(match[2].split())}"
    )


def _not_a_word(match: re.Match[str], known: Known) -> str:
    for override in known.overrides:
        group, _, value = override.lstrip("+").partition("=")
        if group in known.groups and value not in known.groups[group]:
            return unknown_choice(group, value, known.groups[group])
    return "a group is chosen by a word, such as model=vae"


PATTERNS: Sequence[tuple[str, Callable[[re.Match[str], Known], str]]] = (
    (
        r"Could not override '([^']*)'\.\nTo append",
        lambda m, k: unknown_key(k.override(m[1]), m[1], k.keys, k.groups),
    ),
    (r"(?:In '([^']*)': )?Could not override '([^']*)'\. No match in the defaults", _no_group),
    (r"Could not override '([^']*)'\.\nDid you mean to override (?:one of )?([\w/@.]+)", _package),
    (
        r"Multiple values for ([\w/@.]+)\.",
        lambda m, k: f"+{m[1]}=...: '{m[1]}' needs no '+'; leave it out",
    ),
    (
        r"force-add of config groups is not supported: '(.*?)'",
        lambda m, k: f"{m[1]}: a group is chosen without '++'; leave it out",
    ),
    (
        r"(?:Ambiguous value for argument|Sweep parameters) '(.*?)'(?:\n| requires)",
        lambda m, k: f"{m[1]}: several values need -m",
    ),
    (
        r"An item is already at '([^']*)'",
        lambda m, k: f"+{m[1]}=...: '{m[1]}' is there already; leave out the '+'",
    ),
    (
        r"Could not delete from config\. '([^']*)' does not exist",
        lambda m, k: unknown_key(f"~{m[1]}", m[1], k.keys, k.groups),
    ),
    (
        r"Could not delete '([^']*)'\. No match in the defaults",
        lambda m, k: f"~{m[1]}: is not chosen, so it cannot be taken out; leave this out",
    ),
    (
        r"looks like a config group override, but config group '([^']*)' does not",
        lambda m, k: f"no such group '{m[1]}'.{did_you_mean(m[1], k.groups)}".removesuffix("."),
    ),
    (r"^([\w/@.]+) appears more than once in the final defaults", _twice),
    (
        r"In ([\w/]+): Override '(.*?)' is defined before",
        lambda m, k: f"{m[1]}.yaml: 'override {m[2]}' must come last in its defaults; move it",
    ),
    (r"^You must specify '([^']*)'.*?options:\s*(.*)", _choose),
    (
        r"Additional config directory '(.*?)' not found",
        lambda m, k: f"--config-dir={m[1]}: no such directory; correct the path",
    ),
    (
        r"In '([^']*)': \w+ raised while composing config:\n([^\n]*)",
        lambda m, k: f"{m[1]}.yaml: does not fit what it changes ({m[2]}); correct the file",
    ),
    (
        r"Invalid defaults list in '([^']*)', (defaults must be a list)",
        lambda m, k: f"{m[1]}.yaml: its {m[2]}; write '- override /model: vae' under it",
    ),
    (
        r"In ([\w/]+): Too many keys in default item (.*)",
        lambda m, k: (
            f"{m[1]}.yaml: {m[2]} in its defaults has several keys; write each on its own line"
        ),
    ),
    (r"^The --resolve flag", lambda m, k: "--resolve: goes with --cfg job; leave it out"),
    (r"Config group override (?:deletion )?(?:value )?must be a string", _not_a_word),
)
"""(what Hydra says, our line from the match): Hydra has no other way to tell its errors apart."""


def _line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
