"""`ae show`: a run's figures."""

import base64
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from aetrain.cli import options
from aetrain.cli.shown import number, print_json, print_table
from aetrain.errors import UserError, did_you_mean

EPILOG = """\b
Pictures appear in terminals that can show them (kitty, WezTerm, ghostty, iTerm2); elsewhere, and
where the output is no terminal, their paths do.
\b
Examples
  ae show last
  ae show RUN -f samples -f rates --inline iterm
"""

CHUNK = 4096


def kitty(picture: bytes) -> str:
    """Return the escape sequence of kitty's graphics protocol."""
    data = base64.b64encode(picture).decode()
    parts = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]
    lines = []
    for i, part in enumerate(parts):
        keys = f"{'a=T,f=100,' if i == 0 else ''}m={int(i < len(parts) - 1)}"
        lines.append(f"\033_G{keys};{part}\033\\")
    return "".join(lines)


def iterm(picture: bytes) -> str:
    """Return the escape sequence of iTerm2's inline images."""
    data = base64.b64encode(picture).decode()
    return f"\033]1337;File=inline=1;size={len(picture)}:{data}\a"


PROTOCOLS: Mapping[str, Callable[[bytes], str]] = {"kitty": kitty, "iterm": iterm}


def protocol_of(environment: Mapping[str, str], is_terminal: bool) -> str:
    """Return which protocol a terminal speaks, or none, as far as its environment says."""
    if not is_terminal or environment.get("TMUX"):
        return "none"
    program = environment.get("TERM_PROGRAM", "").lower()
    if "KITTY_WINDOW_ID" in environment or environment.get("TERM") == "xterm-kitty":
        return "kitty"
    return {"ghostty": "kitty", "iterm.app": "iterm", "wezterm": "iterm"}.get(program, "none")


@click.command(epilog=EPILOG)
@options.run
@click.option("-f", "--figure", "names", multiple=True, metavar="NAME", help="This figure alone.")
@click.option(
    "--inline",
    type=click.Choice(["auto", "kitty", "iterm", "none"]),
    default="auto",
    show_default=True,
    help="How to show pictures in the terminal.",
)
@options.as_json
def show(run: Path, names: tuple[str, ...], inline: str, as_json: bool) -> None:
    """Show a run's choices, main figures and pictures."""
    from aetrain.cli.opened import run_of
    from aetrain.cli.runs import COLUMNS, get
    from aetrain.comparison.facts import facts_of

    found = run_of(run)
    pictures = {p.stem: p for p in sorted(found.path.glob("figures/*.png"))}
    pictures |= {p.stem: p for p in sorted(found.path.glob("manifold/*.png"))}
    for name in names:
        if name not in pictures:
            raise UserError(
                f"--figure {name}: the run has no such figure; choose from"
                f" {', '.join(pictures) or 'none'}.{did_you_mean(name, pictures)}"
            )
    chosen = {name: path for name, path in pictures.items() if not names or name in names}
    facts = facts_of(found.path)
    figures = {k: v for k, v in facts.items() if k.startswith("test/")}
    if as_json:
        files = {name: str(path) for name, path in chosen.items()}
        print_json({"run": str(found.path), "results": figures, "figures": files})
        return
    if not names:
        known = {name: get(facts, name) for name in COLUMNS}
        rows = {k: v for k, v in known.items() if v is not None} | figures
        print_table(["run", str(found.path)], ([k, number(v)] for k, v in rows.items()))
    protocol = protocol_of(os.environ, sys.stdout.isatty()) if inline == "auto" else inline
    for path in chosen.values():
        click.echo(str(path))
        if protocol in PROTOCOLS:
            click.echo(PROTOCOLS[protocol](path.read_bytes()))
