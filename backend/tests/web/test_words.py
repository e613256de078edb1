"""The words of the page: every stage has some, and a reason is said once for all wishes that share it."""

from __future__ import annotations

from typing import Any

from app.domain.job import JobStatus
from app.web.words import STAGES, by_reason


def test_every_stage_has_words_of_its_own() -> None:
    assert set(STAGES) == set(JobStatus)
    names = [name for name, _ in STAGES.values()]
    assert len(set(names)) == len(names)
    # The title of a page takes the words up to the first colon for the stage.
    assert not [name for name in names if ":" in name or not name]


def test_a_reason_is_said_once_after_the_wishes_that_share_it() -> None:
    wishes: list[dict[str, Any]] = [
        {"text": "a photo", "why": "no place"},
        {"text": "a song", "why": None},
        {"text": "a price", "why": "no place"},
    ]

    assert by_reason(wishes) == [("no place", ["a photo", "a price"]), ("", ["a song"])]
