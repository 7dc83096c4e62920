"""Write docs/configuration.md: every group, choice and key, read from the files in conf/.

python scripts/configuration_reference.py
"""

import re
from collections.abc import Iterator
from pathlib import Path

from aetrain.config.files import comments, conf_files, defaults, groups, summary
from aetrain.config.helptext import ORDER

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

HEAD = """\
# Configuration

Made by `scripts/configuration_reference.py` from the files in `conf/`; do not edit it here.

`group=choice` takes a choice, `key=value` sets a key, both on the command line or in a list for
`aetrain.train`. `aetrain --cfg job` prints the whole configuration of a command without running it.
A key that a choice takes over from another one of its group is listed there. Keys that begin with
`_` say which class is made; leave them alone unless you name a class of your own.
"""


def page() -> str:
    """Return the whole page."""
    lines = [HEAD, "## Keys of no group", "", *_table(_rows(conf_files() / "train.yaml")), ""]
    default = defaults()
    found = groups()
    for group in sorted(found, key=lambda g: (ORDER.index(g) if g in ORDER else len(ORDER), g)):
        lines += [f"## {group}", ""]
        own = default.get(group)
        lines += [f"Default: `{group}={own}`." if own else "Default: none.", ""]
        parts = sorted(p.stem for p in (conf_files() / group).glob("*.yaml"))
        for choice in sorted(parts, key=lambda c: (c != own, c not in found[group], c)):
            lines += _choice(group, choice, choice in found[group])
    return "\n".join(lines).rstrip() + "\n"


def _choice(group: str, choice: str, selectable: bool) -> Iterator[str]:
    file = conf_files() / group / f"{choice}.yaml"
    yield f"### {group}={choice}" if selectable else f"### Common to the choices of {group}"
    yield ""
    if selectable:
        text = _plain(summary(file))
        yield text if text.endswith("?") else f"{text}."
        yield ""
    base, others = _defaults(file)
    if base:
        yield f"Takes over {_listed(base)}."
        yield ""
    if others:
        yield f"Also chooses {_listed(others)}."
        yield ""
    # a file for the whole configuration says the group itself
    whole = "# @package _global_" in file.read_text(encoding="utf-8")
    if rows := _rows(file, "" if whole else f"{group}."):
        yield from _table(rows)
        yield ""


def _defaults(file: Path) -> tuple[list[str], list[str]]:
    """Return what a file takes over within its group, and what it chooses in other groups."""
    text = file.read_text(encoding="utf-8")
    inline = re.search(r"^defaults: \[(.*)\]", text, re.MULTILINE)
    base = [] if inline is None else [name.strip() for name in inline[1].split(",")]
    base = ["the common keys" if name == "options" else f"`{name}`" for name in base]
    others = re.findall(r"^  - override /(\w+): (\w+)", text, re.MULTILINE)
    return base, [f"`{group}={choice}`" for group, choice in others]


def _rows(file: Path, prefix: str = "") -> list[tuple[str, str, str]]:
    """Return (key, value, comment) of each key that holds a value, in the file's order."""
    found = comments(file)
    rows = []
    for key, (value, comment) in found.items():
        names = key.split(".")
        if names[0] in ("defaults", "hydra") or names[-1].startswith("_"):
            continue
        if any(other.startswith(f"{key}.") for other in found):  # a heading
            if comment:
                rows.append((f"{prefix}{key}", "", comment))
            continue
        if value.startswith("${") and names[0] in ("source", "encoder", "decoder"):
            continue  # hands another key of this table on
        rows.append((f"{prefix}{key}", value, comment))
    return rows


def _table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    yield "| key | default | |"
    yield "| --- | --- | --- |"
    for key, value, comment in rows:
        shown = {"???": "(yours)", "": ""}.get(value, f"`{value}`")
        yield f"| `{key}` | {shown} | {_plain(comment)} |"


def _plain(text: str) -> str:
    """Return a comment as text that markdown shows as it is."""
    return re.sub(r"([\\|<>*_\[\]`$])", r"\\\1", text)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
