"""Print what rich lays out, without the blanks at the ends of lines that files would keep."""

from typing import Any

from rich.console import Console


def print_trimmed(console: Console, what: Any) -> None:
    """Print a table or words as they are: square brackets are brackets, not styles.

    A terminal, where a live line may stand below, is left to rich.
    """
    if console.is_terminal:
        console.print(what, markup=False)
        return
    with console.capture() as printed:
        console.print(what, markup=False)
    console.file.write("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))
    console.file.flush()
