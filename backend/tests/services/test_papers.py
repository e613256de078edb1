"""Papers as Markdown and as PDF, whatever people have written."""

from __future__ import annotations

import re

from app.services.launch_papers import Block, Paper
from app.services.paper_pdf import pdf_of


def pages(paper: Paper) -> list[str]:
    """The text of each page of its PDF as it is drawn."""
    streams = re.findall(rb"stream\r?\n(BT.*?)\r?\nendstream", pdf_of(paper), re.S)
    drawn = [re.findall(rb"\((.*?)(?<!\\)\) Tj", stream, re.S) for stream in streams]
    return [" ".join(line.decode("cp1252") for line in lines) for lines in drawn]


def written(paper: Paper) -> str:
    return " ".join(pages(paper))


def paper(*lines: str) -> Paper:
    return Paper("Yoga: brief", "Version 2", (Block("heading", ("Who",)), Block("list", lines)))


def test_what_is_written_is_no_markup() -> None:
    text = paper("*all* of [it](http://x) <script>", "# not a heading", "1_000").markdown()

    assert r"- \*all\* of \[it\](http://x) \<script\>" in text
    assert r"- \# not a heading" in text


def test_a_pdf_has_all_of_a_long_paper_on_as_many_pages_as_it_needs() -> None:
    long = paper(*(f"Line {number} of many, which is as long as a sentence is." for number in range(120)))

    assert len(pages(long)) == 4
    assert all(f"Line {number} of" in written(long) for number in range(120))


def test_each_page_is_numbered_and_no_heading_stands_alone_at_its_end() -> None:
    blocks = [
        block for number in range(40) for block in (Block("heading", (f"Part {number}",)), Block("list", ("x",)))
    ]
    found = pages(Paper("Yoga: scope", "Version 2", tuple(blocks)))

    assert len(found) > 2
    for number, page in enumerate(found, 1):
        body, footer = page.rsplit("Yoga: scope, Version 2. ", 1)
        assert footer == f"Page {number} of {len(found)}."
        assert body.rstrip().endswith("x")


def test_letters_that_the_fonts_lack_are_said_to_be_lacking() -> None:
    polish, chinese = written(paper("Zażółć gęślą")), written(paper("瑜伽"))

    assert "Zazólc gesla" in polish
    assert "lack" not in polish
    assert "??" in chinese
    assert "Markdown file has them all" in chinese
    assert "lack" not in written(paper("Why? – “because” (it’s) \\ so."))


def test_a_word_without_an_end_stays_on_the_page() -> None:
    text = written(paper("x" * 400))

    assert text.count("x") == 400
    assert max(len(piece) for piece in text.split()) < 120
