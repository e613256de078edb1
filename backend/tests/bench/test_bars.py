"""The bars live in one table, and the table decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.bench.bars import BARS, GROUPS, Bar, Judged
from app.bench.readings import Reading, judge, judge_all
from app.bench.report import Report
from app.bench.run import MEASURES, run_bench
from app.core.errors import InvalidInput

DOCS = Path(__file__).resolve().parents[3] / "docs"
RATIO = Bar("P1", "a thing", "us", "a bare thing", 2.0, Judged.RATIO)
COUNT = Bar("P3 commits", "commits", "", "", 2)
CLOCK = Bar("P12", "a wait", "s", "", 1.0, gated=False)
SHARE = Bar("P3 accepts", "accepts", "/s", "inserts", 0.4, Judged.RATIO, at_least=True)


def report(*readings: Reading) -> Report:
    return Report(judge((RATIO, COUNT, CLOCK, SHARE), readings))


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (Reading("P1", 200.0, 100.0), "holds"),
        (Reading("P1", 201.0, 100.0), "over"),
        (Reading("P1", 1.0, 0.0), "over"),
        (Reading("P3 commits", 2), "holds"),
        (Reading("P3 commits", 2.02), "over"),
        (Reading("P3 accepts", 40.0, 100.0), "holds"),
        (Reading("P3 accepts", 39.0, 100.0), "over"),
        (Reading("P12", 99.0), "recorded"),
        (Reading("P12", None, note="no sandbox here"), "skipped"),
        (Reading("P1", None, note="it broke", failed=True), "failed"),
    ],
)
def test_a_reading_is_judged_by_its_bar(reading: Reading, word: str) -> None:
    found = report(reading)
    assert [verdict.word for verdict in found.verdicts] == [word]
    assert found.all_hold is (word not in ("over", "failed"))


def test_one_bar_over_its_limit_fails_the_whole_run() -> None:
    assert report(Reading("P3 commits", 2), Reading("P12", 99.0)).all_hold
    assert not report(Reading("P3 commits", 3), Reading("P12", 99.0)).all_hold


def test_the_table_says_what_was_measured_beside_its_ceiling_and_limit() -> None:
    table = report(Reading("P1", 300.0, 100.0, note="why it is so")).as_table().splitlines()
    assert table[0].split() == ["bar", "measured", "ceiling", "ratio", "limit", "verdict"]
    assert table[1].split() == ["P1", "300", "us", "100", "us", "3.00", "<=", "2x", "over"]
    assert table[-1] == "P1: why it is so"


def test_every_bar_has_a_name_of_its_own() -> None:
    assert len({bar.id for bar in BARS}) == len(BARS)
    assert set(GROUPS) == {f"P{number}" for number in range(1, 18)}


def test_something_measures_every_group() -> None:
    assert sorted(group for groups in MEASURES.values() for group in groups) == sorted(GROUPS)


def test_the_page_has_a_row_for_every_bar_and_its_limit() -> None:
    page = (DOCS / "reference" / "performance.md").read_text()
    for verdict in judge_all(BARS, []):
        rows = [line.split(" | ") for line in page.splitlines() if line.startswith(f"| {verdict.bar.id} |")]
        assert [row[5] for row in rows] == [verdict.cells[4]]


def test_a_bar_that_does_not_exist_is_refused_before_anything_starts() -> None:
    with pytest.raises(InvalidInput) as refused:
        run_bench(only=["P99"], quick=True, say=lambda _: None)
    assert "P99" in refused.value.detail


def test_a_limit_that_cannot_hold_fails_a_real_run() -> None:
    said: list[str] = []
    strict = [replace(bar, limit=-1.0) for bar in BARS if not bar.at_least]
    found = run_bench(only=["P3"], quick=True, say=said.append, bars=strict)
    assert not found.all_hold
    assert [verdict.word for verdict in found.verdicts] == ["over", "over"]
    assert said == ["Measuring P3..."]
