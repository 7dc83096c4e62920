"""The sentences that several checks share: what a wrong choice, key or value is told."""

from collections.abc import Iterable, Mapping, Sequence

from aetrain.errors import did_you_mean

WEIGHTS = "objective.weights"
"""A mapping to which a user may add the terms of a model."""


def shown(value: object) -> str:
    """Return a plain value as the user writes it, words in quotes so that spaces can be seen."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k}:{shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(shown(v) for v in value) + "]"
    return repr(value)


def listed(names: Iterable[str]) -> str:
    """Return names as `a, b, c`."""
    return ", ".join(names)


EXTRAS = {"hydra/launcher=joblib": 'hydra-joblib-launcher: pip install "aetrain[parallel]"'}
"""What brings the choices that are there once a package is."""


def unknown_choice(group: str, choice: object, choices: Sequence[str]) -> str:
    """Say that a group has no such choice."""
    word = choice if isinstance(choice, str) else shown(choice)
    if extra := EXTRAS.get(f"{group}={word}"):
        return f"{group}={word}: needs {extra}"
    return (
        f"{group}={word}: no such {group.rpartition('/')[2]}; choose from {listed(choices)}."
        f"{did_you_mean(word, choices)}"
    ).removesuffix(".")


def unknown_key(
    override: str,
    key: str,
    keys: Sequence[str],
    groups: Iterable[str] = (),
    holders: Sequence[str] = (),
) -> str:
    """Say that there is no such key, and which one may be meant.

    Arguments:
        override: what the user wrote.
        key: the key in it, dotted.
        keys: all keys that there are, dotted.
        groups: the groups, one of which a key without a dot may mean.
        holders: choices such as `dataset=mnist` that would bring the key.
    """
    wrong, near = _nearest(key, keys, list(groups))
    remedy = f" It comes with {' or '.join(holders)}." if holders else near
    if _is_weight(key) and override.startswith(WEIGHTS):
        own = near or f" Where the model has such a term, use +{override}."
        remedy = own if near or not holders else f"{remedy}{own}"
    return f"{override}: no such key '{wrong}'.{remedy}".removesuffix(".")


def _is_weight(key: str) -> bool:
    outer, _, name = key.rpartition(".")
    return outer == WEIGHTS and bool(name)


def _nearest(key: str, keys: Sequence[str], groups: Sequence[str]) -> tuple[str, str]:
    """Return the first part of a key that does not exist, and a question about the nearest one."""
    parts = key.split(".")
    tops = {k.split(".")[0] for k in keys} | set(groups)
    if parts[0] not in tops:
        return parts[0], _same_leaf(parts, keys) or did_you_mean(parts[0], sorted(tops)) or _leaf(
            key, keys
        )
    for depth in range(2, len(parts) + 1):
        head = parts[: depth - 1]
        beside = {".".join(k.split(".")[:depth]) for k in keys if k.split(".")[: depth - 1] == head}
        tried = ".".join(parts[:depth])
        if tried not in beside:
            names = sorted(
                name.rpartition(".")[2] for name in beside if name.count(".") >= depth - 1
            )
            question = did_you_mean(parts[depth - 1], names)
            near = question.replace(" '", f" '{'.'.join(head)}.")
            return tried, near or _deeper(head, parts[depth - 1 :], keys)
    return key, ""


def _same_leaf(parts: Sequence[str], keys: Sequence[str]) -> str:
    """Ask for `optimizer.lr` where `lr` was written."""
    full = [key for key in keys if key.split(".")[1:] == parts]
    return f" Did you mean '{full[0]}'?" if full else ""


def _deeper(head: list[str], rest: list[str], keys: Sequence[str]) -> str:
    """Ask for `adversary.loss.smoothing` where `adversary.smoothing` was written."""
    within = [k for k in keys if k.split(".")[: len(head)] == head]
    full = [k for k in within if k.split(".")[-len(rest) :] == rest]
    return f" Did you mean '{full[0]}'?" if full else ""


def _leaf(key: str, keys: Sequence[str]) -> str:
    """Ask for `trainer.max_epochs` where `epochs` was written."""
    word = key.rpartition(".")[2]
    leaves = {key.rpartition(".")[2]: key for key in reversed(keys)}
    within = [name for name in reversed(leaves) if len(word) > 3 and word in name]
    if within:
        return f" Did you mean '{leaves[within[0]]}'?"
    question = did_you_mean(word, leaves)
    return question.replace(name, leaves[name]) if (name := question[15:-2]) else ""
