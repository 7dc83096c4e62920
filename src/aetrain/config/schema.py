"""The keys that the program itself reads, and what each may be; no target is looked at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aetrain.config.allowlist import walk
from aetrain.config.kinds import (
    FLAG,
    NULL,
    SETTINGS,
    TEXT,
    Kind,
    either,
    list_of,
    number,
    one_of,
    whole,
)
from aetrain.config.wording import shown
from aetrain.errors import did_you_mean

GROUPS = (
    *("model", "likelihood", "prior", "posterior", "network", "dataset", "objective", "annealing"),
    *("conditioning", "corruption", "sparsity", "head", "adversary", "sampler", "optimizer"),
    *("schedule", "trainer", "callbacks", "logger"),
)
"""The groups that every run has."""

OWN = {
    "seed": whole(0),
    "latent": whole(1),
    "samples": whole(1),
    "compile": FLAG,
    "resume": either(TEXT, NULL),
    "run.dir": either(TEXT, NULL),
    "evaluation.nll_samples": whole(0),
    "evaluation.probe": whole(0),
}

_COUNT = either(whole(0), NULL)
_PART = either(whole(0), number(0, 1), NULL)
_DEVICES = either(
    whole(1, also=[-1]),
    list_of(whole(0), "a list of whole numbers"),
    Kind("auto", lambda v: isinstance(v, str) and (v == "auto" or v.lstrip("-").isdecimal())),
)
_UNITS = ("days", "hours", "minutes", "seconds")
_TIME = Kind(
    "a time such as 00:12:00:00",
    lambda v: isinstance(v, str) and re.fullmatch(r"\d+:\d\d:\d\d:\d\d", v.strip()) is not None,
)
_SPAN = Kind(
    "a group such as {minutes: 5}",
    lambda v: (
        isinstance(v, Mapping)
        and bool(v)
        and all(unit in _UNITS and number(0).complaint(n) is None for unit, n in v.items())
    ),
)
_SCHEDULE = Kind("a schedule with a _target_", lambda v: isinstance(v, Mapping) and "_target_" in v)
_WEIGHT = either(number(0), _SCHEDULE)
_PRECISIONS = one_of(
    *("32-true", "bf16-mixed", "16-mixed", "64-true", "bf16-true", "16-true"),
)

TRAINER = {
    "accelerator": one_of("auto", "cpu", "gpu", "cuda", "mps"),
    "devices": _DEVICES,
    "num_nodes": whole(1),
    "strategy": one_of("auto", "ddp"),
    "precision": _PRECISIONS,
    "max_epochs": whole(0, also=[-1]),
    "max_steps": whole(0, also=[-1]),
    "min_epochs": _COUNT,
    "max_time": either(_TIME, _SPAN, NULL),
    "limit_train_batches": either(whole(1), NULL),
    "limit_val_batches": _PART,
    "limit_test_batches": _PART,
    "check_val_every_n_epoch": either(whole(1), NULL),
    "val_check_interval": either(whole(1), NULL),
    "steps_per_call": whole(1),
    "log_every_n_steps": whole(1),
    "gradient_clip_val": either(number(0), NULL),
    "gradient_clip_algorithm": one_of("norm", "value"),
    "skip_gradient_above": either(number(0), NULL),
    "ema_decay": either(number(0, 1), NULL),
    "cuda_graph": FLAG,
    "deterministic": either(FLAG, Kind("warn", lambda v: v == "warn"), NULL),
    "benchmark": either(FLAG, NULL),
    "detect_anomaly": FLAG,
    "profiler": either(one_of("simple", "advanced", "pytorch"), NULL),
    "enable_progress_bar": FLAG,
    "fast_dev_run": FLAG,
}
"""All keys of `trainer`: one that is not here would be read by nobody."""

REQUIRED: dict[str, Kind] = {
    **OWN,
    "objective.terms": SETTINGS,
    "objective.weights": SETTINGS,
    **{f"trainer.{key}": kind for key, kind in TRAINER.items()},
}

OPTIONAL: dict[str, Kind] = {
    "allow": list_of(TEXT, "a list of packages"),
    "dataset.labelled": either(one_of("all", "none"), whole(1)),
    "dataset.labelled_batch": whole(0),
    "network.hidden": list_of(whole(1), "a list of whole numbers"),
    "objective.beta": _WEIGHT,
    "callbacks.checkpoint.keep": one_of("best", "last"),
    "callbacks.early_stopping.patience": either(whole(1), NULL),
    "callbacks.review.examples": whole(1),
}

CLOSED = ("", "run", "evaluation", "trainer", "callbacks.early_stopping")
"""Where a key that is not in the tables is a mistake."""

FREE = "vars"
"""The one top-level key that is the user's own, for interpolations."""

UNBOUNDED = ("trainer.skip_gradient_above",)
"""Where inf says something: of gradients of any norm, those that are not finite are left out."""

LARGEST = (2 - 2**-23) * 2.0**127
"""The largest number in single precision, in which nearly all is computed."""

MOST = 2**63 - 1
"""The largest whole number that torch counts with."""

Complaint = tuple[str, Any, str]
"""(key, its value, what is wrong with it)."""

_ABSENT = object()


def problems(config: Mapping[str, Any]) -> list[str]:
    """Return one line for each key that is unknown, absent or of the wrong kind or size.

    Arguments:
        config: resolved and plain; values that are still missing (`???`) are left to other checks.
    """
    broken = [group for group in GROUPS if not isinstance(config.get(group), Mapping)]
    messages = [_no_group(group, config.get(group, _ABSENT)) for group in broken]
    messages += _unknown(config)
    complaints: list[Complaint] = []
    for key, kind in {**REQUIRED, **OPTIONAL}.items():
        if key.partition(".")[0] in broken:
            continue
        value = _find(config, key)
        if value is _ABSENT and key in REQUIRED:
            messages.append(f"{key}: is missing; set it, {key}=...")
        elif value is not _ABSENT and value != "???" and (text := kind.complaint(value)):
            complaints.append((key, value, text))
    for more in (_weights(config), _not_finite(config)):
        complaints += _untold(more, complaints)
    return messages + [f"{key}={shown(value)}: {text}" for key, value, text in complaints]


def _untold(more: Iterator[Complaint], told: Sequence[Complaint]) -> list[Complaint]:
    """Return complaints about values that no other key of the group was blamed for.

    Such a key was written, and others take its value by `${...}`.
    """
    known = {(key.partition(".")[0], shown(value)) for key, value, _ in told}
    found: list[Complaint] = []
    for key, value, text in more:
        if (blamed := (key.partition(".")[0], shown(value))) not in known:
            known.add(blamed)
            found.append((key, value, text))
    return found


def _weights(config: Mapping[str, Any]) -> Iterator[Complaint]:
    """Yield what is wrong with weights of terms, at the key of the objective that sets one."""
    objective = config.get("objective")
    weights, terms = _find(config, "objective.weights"), _find(config, "objective.terms")
    if not isinstance(objective, Mapping) or not isinstance(weights, Mapping):
        return
    of_terms = terms if isinstance(terms, Mapping) else ()
    own = {shown(v): k for k, v in objective.items() if k not in (*of_terms, "weights", "terms")}
    for term, weight in weights.items():
        if weight != "???" and (text := _WEIGHT.complaint(weight)):
            yield f"objective.{own.get(shown(weight), f'weights.{term}')}", weight, text


def _not_finite(config: Mapping[str, Any]) -> Iterator[Complaint]:
    """Yield the numbers that are none, or that no number of torch can hold, from the outside in."""
    leaves = [(key, value) for key, value in walk(config) if isinstance(value, int | float)]
    for key, value in sorted(leaves, key=lambda leaf: leaf[0].count(".")):
        allowed = key.startswith(f"{FREE}.") or (key in UNBOUNDED and value > 0)
        if not abs(value) <= LARGEST and not allowed:
            yield key, value, "must be a finite number, of at most 3.4e38 in size"
        elif isinstance(value, int) and abs(value) > MOST:
            yield key, value, "must be at most 9.2e18"


def _no_group(group: str, value: Any) -> str:
    if value is _ABSENT:
        return f"{group}: is missing; choose one, {group}=..."
    return f"{group}={shown(value)}: a group of settings is needed; choose one, {group}=..."


def _unknown(config: Mapping[str, Any]) -> list[str]:
    """Return a line for each key that nothing reads."""
    messages: list[str] = []
    for place in CLOSED:
        node = _find(config, place) if place else config
        known = _known(place)
        if isinstance(node, Mapping):
            prefix = f"{place}." if place else ""
            messages += [_no_key(prefix, str(key), known) for key in node if key not in known]
    return messages


def _known(place: str) -> list[str]:
    """Return the names of the keys directly under a place."""
    prefix = f"{place}." if place else ""
    keys = [key for key in (*REQUIRED, *OPTIONAL) if key.startswith(prefix)]
    names = [key.removeprefix(prefix).partition(".")[0] for key in keys]
    return list(dict.fromkeys([*names, *((*GROUPS, FREE) if not place else ())]))


def _no_key(prefix: str, key: str, known: list[str]) -> str:
    if not prefix and key in ("experiment", "debug"):
        return f"{key}: its file must begin with the line '# @package _global_'; add it"
    near = did_you_mean(key, known).replace(" '", f" '{prefix}")
    own = f" Values of your own go under '{FREE}'" if not prefix and not near else ""
    return f"{prefix}{key}: no such key.{near}{own}".removesuffix(".")


def _find(config: Mapping[str, Any], key: str) -> Any:
    node: Any = config
    for name in key.split("."):
        if not isinstance(node, Mapping) or name not in node:
            return _ABSENT
        node = node[name]
    return node
