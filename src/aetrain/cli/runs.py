"""`ae runs`: a table of all runs."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from aetrain.cli import options
from aetrain.cli.shown import number as shown
from aetrain.cli.shown import of_examples, print_json, print_table
from aetrain.cli.unfinished import STATE, facts_of_unfinished
from aetrain.comparison.facts import facts_of
from aetrain.errors import UserError, did_you_mean
from aetrain.evaluation.interval import COUNT

COLUMNS = ("model", "dataset", "latent", "epochs", "elbo", "nll", "distortion", "fit_s", STATE)
PREFIXES = ("", "choice/", "test/", "time/", "speed/", "sampler/")
"""What may be left out of a figure's name; one of the validation never stands for the test's."""

TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
CONDITION = re.compile(r"(?P<key>[^<>=!]+)(?P<test>>=|<=|!=|=|>|<)(?P<value>.*)")

EPILOG = """\b
A KEY is a choice (model, prior ...), a figure of results.json or evaluation.json (nll for
test/nll, fit_s for time/fit_s ...) or a key of the configuration (optimizer.lr).
A run that has not come to its end has a state: it is running, or was stopped.
\b
Examples
  ae runs --sort nll
  ae runs outputs/2026-01-31 -w model=vae -w 'nll<90' -c optimizer.lr
  ae runs --json
"""


@click.command(epilog=EPILOG)
@click.argument("folder", type=options.PLACE, default=Path("outputs"))
@click.option("-w", "--where", multiple=True, metavar="KEY=VALUE", help="Also <, >, <=, >=, !=.")
@click.option("-s", "--sort", metavar="KEY", help="Smallest first; runs without it come last.")
@click.option("-r", "--reverse", is_flag=True, help="Largest first.")
@click.option("-c", "--column", "columns", multiple=True, metavar="KEY", help="One more column.")
@options.count("At most so many runs.", None)
@options.as_json
def runs(
    folder: Path,
    where: tuple[str, ...],
    sort: str | None,
    reverse: bool,
    columns: tuple[str, ...],
    number: int | None,
    as_json: bool,
) -> None:
    """List the runs under FOLDER (outputs) with their figures, sorted by path."""
    from aetrain.runs import all_runs

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; choose one that holds runs, such as outputs")
    paths = all_runs(folder)
    everything = found = [all_facts_of(path) for path in paths]
    for key in (*columns, *([sort] if sort else [])):
        _require_known(key, everything)
    for condition in where:
        found = [facts for facts in found if _holds(facts, condition, everything)]
    if sort is not None:
        found = _sorted(found, sort, reverse)
    found = found[:number]
    if as_json:
        print_json([{k: v for k, v in facts.items() if k != CONFIG} for facts in found])
        return
    names = [c for c in COLUMNS if any(get(f, c) is not None for f in found)] + list(columns)
    rows = ([_name(f, folder), *(_cell(f, name) for name in names)] for f in found)
    print_table(["run", *names], rows, words=("model", "dataset", STATE))


CONFIG = "config"


def all_facts_of(path: Path) -> dict[str, Any]:
    """Return all that is known of a run, also of one that has not come to its end."""
    facts = facts_of(path)
    return facts | facts_of_unfinished(path, facts.get("steps"))


def get(facts: dict[str, Any], key: str) -> Any:
    """Return a figure by its name or its end, a choice, or a value of the configuration."""
    for prefix in PREFIXES:
        if prefix + key in facts:
            return facts[prefix + key]
    return config_of(facts).get(key)


def short(name: str) -> str:
    """Return a fact's name without what may be left out of it."""
    prefix, _, end = name.rpartition("/")
    return end if f"{prefix}/" in PREFIXES else name


def config_of(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a run's configuration, flat: key -> value, which is kept among its facts."""
    if CONFIG not in facts:
        facts[CONFIG] = _flat(_config(Path(facts["run"])))
    return facts[CONFIG]


def _config(path: Path) -> Any:
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.load((path / "config.yaml").read_text(), loader)
    except (OSError, ValueError, yaml.YAMLError):
        return {}


def _flat(node: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(node, dict):
        return {prefix.rstrip("."): node}
    return {k: v for key, x in node.items() for k, v in _flat(x, f"{prefix}{key}.").items()}


def _holds(facts: dict[str, Any], condition: str, all_facts: Sequence[dict[str, Any]]) -> bool:
    match = CONDITION.fullmatch(condition)
    if match is None:
        raise UserError(f"--where {condition}: must be KEY=VALUE, or with <, >, <=, >=, !=")
    key = match["key"].strip()
    _require_known(key, all_facts)
    own, wanted = get(facts, key), match["value"].strip()
    test = TESTS[match["test"]]
    if own is None:
        return False
    if isinstance(own, int | float) and not isinstance(own, bool):
        try:
            return test(own, float(wanted))
        except ValueError:
            raise UserError(
                f"--where {condition}: {key} is a number, so {wanted!r} must be one too"
            ) from None
    return test(str(own).lower(), wanted.lower())


def _require_known(key: str, all_facts: Sequence[dict[str, Any]]) -> None:
    if not all_facts or any(get(facts, key) is not None for facts in all_facts):
        return
    known = {short(name) for facts in all_facts for name in facts} - {CONFIG}
    raise UserError(
        f"{key}: no run has it; use a choice, a figure or a key of the configuration."
        f"{did_you_mean(key, known)}"
    )


def _sorted(found: list[dict[str, Any]], key: str, reverse: bool) -> list[dict[str, Any]]:
    have = [f for f in found if get(f, key) is not None]
    numbers = all(isinstance(get(f, key), int | float) for f in have)
    order = sorted(
        have, key=lambda f: get(f, key) if numbers else str(get(f, key)), reverse=reverse
    )
    return [*order, *(f for f in found if get(f, key) is None)]


def _cell(facts: dict[str, Any], key: str) -> str:
    counts = (facts.get(f"{prefix}{key}{COUNT}") for prefix in PREFIXES if prefix + key in facts)
    return of_examples(shown(get(facts, key)), next(counts, None))


def _name(facts: dict[str, Any], folder: Path) -> str:
    path = Path(facts["run"])
    return str(path.relative_to(folder)) if path != folder else path.name
