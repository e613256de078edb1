"""The words of the page: every stage has some, and a reason is said once for all wishes that share it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import app as product
from app.acceptance import checks
from app.domain.job import JobStatus
from app.web.words import CHECKS, STAGES, by_reason


def test_every_stage_has_words_of_its_own() -> None:
    assert set(STAGES) == set(JobStatus)
    names = [name for name, _ in STAGES.values()]
    assert len(set(names)) == len(names)
    # The title of a page takes the words up to the first colon for the stage.
    assert not [name for name in names if ":" in name or not name]


def test_every_check_has_a_name_that_a_founder_reads() -> None:
    folder = Path(next(iter(product.__path__))) / "acceptance"
    sources = "".join(path.read_text() for path in folder.glob("*.py"))
    named = set(re.findall(r'(?:Check|_run_check|evidence)\(\s*"([a-z_]+)"', sources))
    named |= {name for name, _ in (*checks._CHEAP_FILE_CHECKS, *checks._FURTHER_FILE_CHECKS)}
    assert named | {"compile", "tests", "preview"} == set(CHECKS)


def test_a_reason_is_said_once_after_the_wishes_that_share_it() -> None:
    wishes: list[dict[str, Any]] = [
        {"text": "a photo", "why": "no place"},
        {"text": "a song", "why": None},
        {"text": "a price", "why": "no place"},
    ]

    assert by_reason(wishes) == [("no place", ["a photo", "a price"]), ("", ["a song"])]
