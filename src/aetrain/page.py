"""A web page that stands alone: one file, without a script and without anything from elsewhere."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, final

from aetrain.figures.saved import save
from aetrain.writing import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """\
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #2b2b2b; background: #fff;
  margin: 2rem auto; max-width: 1180px; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p, li { max-width: 52rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #6a6a6a; padding-bottom: .4rem; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid #e4e4e4; text-align: right;
  vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child, .words { text-align: left; }
.words { white-space: normal; min-width: 14rem; }
thead th { border-bottom: 2px solid #b4b4b4; }
td.best { font-weight: 700; background: #e8f0fc; }
td.yes, td.no, td.open { text-align: left; }
td.yes { background: #e3f3e6; } td.no { background: #fbe6e6; } td.open { background: #f3f3f3; }
small { color: #6a6a6a; font-weight: 400; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
figure { margin: 1rem 0; display: table; }
figcaption { display: table-caption; caption-side: bottom; font-size: 13px; color: #6a6a6a; }
img { max-width: 100%; height: auto; }
"""


@final
class Cell:
    """What stands in a table.

    Arguments:
        text: words or a figure.
        kind: how it is shown: best, yes, no, open, words, or as it is.
        note: smaller, below it.
    """

    def __init__(self, text: str, kind: str = "", note: str = "") -> None:
        self.text, self.kind, self.note = text, kind, note

    def html(self, tag: str = "td") -> str:
        """Return the cell, or another element of the table."""
        kind = f' class="{escape(self.kind)}"' if self.kind else ""
        note = f"<br><small>{escape(self.note)}</small>" if self.note else ""
        return f"<{tag}{kind}>{escape(self.text)}{note}</{tag}>"


@final
class Page:
    """Headings, paragraphs, tables and pictures, in the order in which they are added.

    Arguments:
        title: of the page; it is its first heading too.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts = [f"<h1>{escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        """Add a paragraph of plain words."""
        self._parts.append(f"<p>{escape(text)}</p>")

    def points(self, texts: Iterable[str]) -> None:
        """Add a list of plain words."""
        items = "".join(f"<li>{escape(text)}</li>" for text in texts)
        self._parts.append(f"<ul>{items}</ul>")

    def table(
        self, heads: Sequence[str | Cell], rows: Iterable[Sequence[str | Cell]], caption: str = ""
    ) -> None:
        """Add a table; wide ones are scrolled sideways."""
        told = f"<caption>{escape(caption)}</caption>" if caption else ""
        top = "".join(_cell(head).html("th") for head in heads)
        body = "".join(f"<tr>{''.join(_cell(c).html() for c in row)}</tr>\n" for row in rows)
        self._parts.append(
            f'<div class="wide"><table>{told}<thead><tr>{top}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def pictures(self, figures: "Iterable[tuple[Figure, str]]") -> None:
        """Add figures beside one another, each with a caption, which is its text for the blind."""
        parts = [_picture(figure, caption) for figure, caption in figures]
        self._parts.append(f'<div class="row">{"".join(parts)}</div>')

    def html(self) -> str:
        """Return the whole page."""
        head = f'<meta charset="utf-8"><title>{escape(self.title)}</title><style>{STYLE}</style>'
        size = '<meta name="viewport" content="width=device-width">'
        body = "\n".join(self._parts)
        top = f'<!DOCTYPE html>\n<html lang="en"><head>{head}{size}</head>\n'
        return f"{top}<body>\n{body}\n</body></html>\n"

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        write_atomically(path, self.html())


def _cell(content: str | Cell) -> Cell:
    return content if isinstance(content, Cell) else Cell(content)


def _picture(figure: "Figure", caption: str) -> str:
    file = BytesIO()
    save(figure, file)
    data = base64.b64encode(file.getvalue()).decode()
    words = escape(caption)
    image = f'<img src="data:image/png;base64,{data}" alt="{words}">'
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>"
