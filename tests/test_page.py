"""A page that stands alone."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from aetrain.figures.samples import samples
from aetrain.page import Cell, Page

VOID = {"meta", "img", "br"}


class Tree(HTMLParser):
    """Holds what is open, so that what is not closed is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page() -> Page:
    made = Page("a <b> & c")
    made.heading("h")
    made.points(["one", "two"])
    made.table(["x", "<y>"], [["1", Cell("2", "best", "note & more")]], "told")
    made.pictures([(samples(torch.linspace(0, 1, 256).view(4, 1, 8, 8), title="t"), 'a "caption"')])
    return made


def test_it_is_well_formed_and_needs_nothing_else():
    tree = Tree()
    tree.feed(page().html())
    assert tree.open == []
    names = [name for name, _ in tree.seen]
    assert not {"script", "link", "iframe"} & set(names)
    (image,) = (given for name, given in tree.seen if name == "img")
    assert str(image["src"]).startswith("data:image/png;base64,iVBOR")
    assert image["alt"] == 'a "caption"'
    for text in ("a <b> & c", "<y>", "note & more"):
        assert text in tree.text
    assert ("td", {"class": "best"}) in tree.seen
    assert "http" not in page().html()


def test_it_is_written_whole_or_not_at_all(tmp_path: Path):
    page().write(tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == page().html()
    (tmp_path / "d.html").mkdir()
    with pytest.raises(OSError, match=r"d\.html"):
        page().write(tmp_path / "d.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.html", "p.html"]
