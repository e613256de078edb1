"""Papers as PDF, in the fonts that every reader of PDF has. Imported when somebody asks for one."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pydyf

from app.services.launch_papers import Block, Paper

_WIDTH: Final = 595
_HEIGHT: Final = 842
_MARGIN: Final = 64
_INDENT: Final = 14
_FOOTER_SIZE: Final = 9
_ENCODING: Final = "cp1252"
# How wide Helvetica draws the letters from the space to the tilde, in thousandths of the size of the type.
_WIDTHS: Final = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556,) * 10,
    *(278, 278, 584, 584, 584, 556, 1015),
    *(667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722),
    *(667, 944, 667, 667, 611),
    *(278, 278, 278, 469, 556, 333),
    *(556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556),
    *(500, 722, 500, 500, 500),
    *(334, 260, 334, 584),
)
_WIDEST: Final = 1000
_BOLD_IS_WIDER: Final = 1.08
# Letters that no accent makes another one of.
_NEAREST: Final = str.maketrans("łŁđĐħĦ", "lLdDhH")
_LACKING: Final = "Letters that the fonts of this file lack are written as “?”; the Markdown file has them all."


def pdf_of(paper: Paper) -> bytes:
    """The paper as a PDF file."""
    document = pydyf.PDF()
    fonts = {name: _font(document, name) for name in ("Helvetica", "Helvetica-Bold")}
    title = pydyf.String(paper.title)
    document.info["Title"] = title
    pages = list(_pages(list(_lines(paper))))
    for number, placed in enumerate(pages, 1):
        footer = _plain(f"{paper.title}, {paper.edition}. Page {number} of {len(pages)}.")
        _draw(document, fonts, [*placed, (Line(footer, size=_FOOTER_SIZE), _MARGIN / 2)])
    output = io.BytesIO()
    document.write(output, compress=True)
    return output.getvalue()


@dataclass(frozen=True)
class Line:
    """A line of text with the size of its type, its indent, the space above it and the mark before it."""

    text: str
    size: int
    is_bold: bool = False
    indent: int = 0
    above: int = 0
    mark: str = ""
    leads: bool = False
    """Whether it belongs to the line below it, as a heading does."""


def _lines(paper: Paper) -> Iterator[Line]:
    yield from _wrapped(paper.title, size=20, is_bold=True, above=0)
    yield from _wrapped(paper.edition, size=9, above=4)
    for block in paper.blocks:
        yield from _block(block)
    everything = "".join([paper.title, *(line for block in paper.blocks for line in block.lines)])
    if "?" in _plain(everything.replace("?", "")):
        yield from _wrapped(_LACKING, size=9, above=24)


def _block(block: Block) -> Iterator[Line]:
    for line in block.lines:
        if block.kind == "heading":
            yield from _wrapped(line, size=13, is_bold=True, above=18, leads=True)
        elif block.kind == "list":
            yield from _wrapped(line, size=11, indent=_INDENT, above=4, mark="\u2022")
        else:
            yield from _wrapped(line, size=11, above=8)


def _wrapped(
    text: str,
    *,
    size: int,
    above: int,
    is_bold: bool = False,
    indent: int = 0,
    mark: str = "",
    leads: bool = False,
) -> Iterator[Line]:
    room = _WIDTH - 2 * _MARGIN - indent
    line = ""
    for word in _words(_plain(text), room, size, is_bold):
        longer = f"{line} {word}" if line else word
        if line and _measure(longer, size, is_bold) > room:
            yield Line(line, size, is_bold, indent, above, mark, leads)
            line, above, mark = word, 2, ""
        else:
            line = longer
    yield Line(line, size, is_bold, indent, above, mark, leads)


def _words(text: str, room: int, size: int, is_bold: bool) -> Iterator[str]:
    """The words, those that no line has room for cut in pieces."""
    for word in text.split():
        piece = ""
        for letter in word:
            if _measure(piece + letter, size, is_bold) > room:
                yield piece
                piece = ""
            piece += letter
        yield piece


def _plain(text: str) -> str:
    """The text in letters that the fonts have: without an accent they lack, with a mark for a letter."""
    written = []
    for letter in text.translate(_NEAREST):
        if _is_known(letter):
            written.append(letter)
            continue
        base = "".join(part for part in unicodedata.normalize("NFKD", letter) if _is_known(part))
        written.append(base or ("" if unicodedata.combining(letter) else "?"))
    return "".join(written)


def _is_known(letter: str) -> bool:
    try:
        return bool(letter.encode(_ENCODING)) and letter.isprintable()
    except UnicodeEncodeError:
        return False


def _measure(text: str, size: int, is_bold: bool) -> float:
    bases = (
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )
    widths = (_WIDTHS[ord(character) - 32] if " " <= character <= "~" else _WIDEST for character in bases)
    return sum(widths) * size / 1000 * (_BOLD_IS_WIDER if is_bold else 1)


def _font(document: pydyf.PDF, name: str) -> pydyf.Dictionary:
    font = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
    )
    document.add_object(font)
    return font


def _pages(lines: Sequence[Line]) -> Iterator[list[tuple[Line, float]]]:
    """The lines of each page with their heights; a heading stands on the page of what it leads to."""
    while lines:
        placed: list[tuple[Line, float]] = []
        at = float(_HEIGHT - _MARGIN)
        for line in lines:
            at -= line.size * 1.3 + (line.above if placed else 0)
            if at < _MARGIN and placed:
                break
            placed.append((line, round(at, 1)))
        while len(placed) < len(lines) and len(placed) > 1 and placed[-1][0].leads:
            placed.pop()
        yield placed
        lines = lines[len(placed) :]


def _draw(document: pydyf.PDF, fonts: dict[str, pydyf.Dictionary], placed: Sequence[tuple[Line, float]]) -> None:
    drawn = pydyf.Stream()
    for line, at in placed:
        if line.mark:
            _write(drawn, line, line.mark, _MARGIN, at)
        _write(drawn, line, line.text, _MARGIN + line.indent, at)
    document.add_object(drawn)
    font_names = {"F": fonts["Helvetica"].reference, "B": fonts["Helvetica-Bold"].reference}
    resources = pydyf.Dictionary({"Font": pydyf.Dictionary(font_names)})
    page = pydyf.Dictionary(
        {
            "Type": "/Page",
            "Parent": document.pages.reference,
            "MediaBox": pydyf.Array([0, 0, _WIDTH, _HEIGHT]),
            "Contents": drawn.reference,
            "Resources": resources,
        }
    )
    document.add_page(page)


def _write(drawn: pydyf.Stream, line: Line, text: str, left: int, at: float) -> None:
    drawn.begin_text()
    drawn.set_font_size("B" if line.is_bold else "F", line.size)
    drawn.set_text_matrix(1, 0, 0, 1, left, at)
    drawn.show_text_string(text.encode(_ENCODING))
    drawn.end_text()
