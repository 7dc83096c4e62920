"""Where figures go: pixels, or the vectors that papers are set with."""

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Vectors = Literal["pdf", "svg"]
PICTURES = (".png", ".pdf", ".svg")
UNDATED: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}


def is_picture(path: Path) -> bool:
    """Return whether a file's name is that of a picture."""
    return path.suffix.lower() in PICTURES


def kinds(also: Vectors | None) -> list[str]:
    """Return the kinds of file of a figure: pixels, and vectors where they are wanted."""
    return ["png", *([also] if also else [])]


def save(figure: "Figure", file: Path | IO[bytes], kind: str = "") -> None:
    """Write a figure; the same figure always makes the same file.

    Arguments:
        figure: to be written.
        file: whose name ends in one of `PICTURES`, or a stream.
        kind: png, pdf or svg; by default what the name says.
    """
    from matplotlib import rc_context

    kind = kind or (file.suffix.lower()[1:] if isinstance(file, Path) else "png")
    # letters as letters, in a font that is embedded; names within a file that do not change
    with rc_context({"pdf.fonttype": 42, "svg.hashsalt": "aetrain"}):
        figure.savefig(file, format=kind, metadata=UNDATED[kind])
