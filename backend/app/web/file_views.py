"""Files and differences between files as the page shows them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

# Colouring takes time that grows with the text and holds the event loop.
SHOWN_BYTES: Final = 200_000
# Comparing takes the square of the lines at worst.
DIFF_LINES: Final = 4_000
CONTEXT: Final = 3


@dataclass(frozen=True)
class FileChange:
    """One file that differs between two versions."""

    path: str
    kind: str
    """added, removed or changed."""
    added: int
    removed: int


@dataclass(frozen=True)
class DiffLine:
    """A line of a difference: `sign` is +, -, a space, or @ where lines are left out."""

    sign: str
    text: str
    old: int | None = None
    new: int | None = None


def highlight_file(path: str, content: bytes) -> Markup | None:
    """A text file in colours, by classes; None for what is no text or too long to show."""
    text = _decode_text(content)
    if text is None or len(content) > SHOWN_BYTES:
        return None
    try:
        lexer = get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    formatter: HtmlFormatter[str] = HtmlFormatter(
        cssclass="code",
        linenos="table",
    )
    return Markup(highlight(text, lexer, formatter))


def file_changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[FileChange]:
    """Each file that is not the same in both, by its path."""
    return list(_find_changes(old, new))


def _find_changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[FileChange]:
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        lines = difference(before or b"", after or b"")
        added, removed = (sum(line.sign == sign for line in lines) for sign in "+-")
        kind = "added" if before is None else "removed" if after is None else "changed"
        yield FileChange(path, kind, added, removed)


def difference(old: bytes, new: bytes) -> list[DiffLine]:
    """The lines that differ, with a few around them; nothing for what is no text."""
    before, after = _decode_text(old), _decode_text(new)
    if before is None or after is None:
        return []
    return list(_diff_lines(before.splitlines()[:DIFF_LINES], after.splitlines()[:DIFF_LINES]))


def _diff_lines(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=True)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        yield DiffLine("@", f"from line {group[0][3] + 1}")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (
                    DiffLine(" ", before[at], at + 1, at - old_from + new_from + 1)
                    for at in range(old_from, old_to)
                )
                continue
            yield from (DiffLine("-", before[at], at + 1, None) for at in range(old_from, old_to))
            yield from (DiffLine("+", after[at], None, at + 1) for at in range(new_from, new_to))


def _decode_text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
