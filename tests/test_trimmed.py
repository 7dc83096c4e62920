"""What rich prints has no blanks at the ends of lines."""

from io import StringIO

from rich.console import Console
from rich.table import Table

from aetrain.trimmed import print_trimmed


def test_lines_end_where_their_words_do() -> None:
    table = Table(title="test", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    table.add_column("")
    table.add_row("ELBO", "[1]")
    table.add_row("", "nats per example")
    file = StringIO()
    print_trimmed(Console(file=file, width=40), table)
    lines = file.getvalue().splitlines()
    assert lines[0] == "test"
    assert "ELBO  [1]" in lines
    assert [line.rstrip() for line in lines] == lines


def test_words_are_printed_as_they_are() -> None:
    file = StringIO()
    print_trimmed(
        Console(file=file, width=20, soft_wrap=True), "network.hidden=[8, 9] and more words"
    )
    assert file.getvalue() == "network.hidden=[8, 9] and more words\n"
