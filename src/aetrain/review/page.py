"""A run's results and configuration as text in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from aetrain.evaluation.interval import BESIDE, ERROR, HIGH, LOW


def results_page(results: Mapping[str, Any]) -> str:
    """Return a table of all that results.json holds: the test's figures first, with their errors.

    Figures of the test are per example, in nats where their names say nothing else.
    """
    beside = tuple(f"{name}{end}" for name in results for end in BESIDE)
    own = {k: v for k, v in results.items() if k not in beside}
    measures = {k: v for k, v in own.items() if k.startswith("test/")}
    rest = {k: v for k, v in own.items() if k not in measures}
    figures = [(name.removeprefix("test/"), _figure(name, results)) for name in measures]
    facts = [(name, _plain(value)) for name, value in rest.items()]
    return "\n\n".join((_table(("test", "per example"), figures), _table(("run", ""), facts)))


def configuration(config: Mapping[str, Any]) -> str:
    """Return a table of all keys and values, as they would be typed."""
    return _table(("key", "value"), [(key, _plain(value)) for key, value in _flat(config)])


def _flat(node: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _figure(name: str, results: Mapping[str, Any]) -> str:
    value = _plain(results[name])
    if results.get(f"{name}{ERROR}") is not None:
        return f"{value} ± {results[f'{name}{ERROR}']:.2g}"
    if f"{name}{LOW}" in results:
        return f"{value} [{_plain(results[f'{name}{LOW}'])}, {_plain(results[f'{name}{HIGH}'])}]"
    return value


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {heads[0]} | {heads[1]} |", "| --- | --- |"]
    # as code, so that no sign is taken for markup; an upright stroke would end the cell
    lines += [f"| `{name}` | `{_safe(value)}` |" for name, value in rows]
    return "\n".join(lines)


def _safe(value: str) -> str:
    return value.replace("`", "'").replace("|", "¦").replace("\n", " ") or " "
