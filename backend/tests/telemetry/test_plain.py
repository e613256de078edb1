"""A log is read by people as sentences, and by programs as it was written."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import app
from app.telemetry.plain import SENTENCES, plain_line

ROOT = Path(app.__file__).parent
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def _events() -> Iterator[str]:
    """The names of all events that this program logs itself; the starter's program runs elsewhere."""
    for path in ROOT.rglob("*.py"):
        if "starters" in path.parts or "structlog" not in (text := path.read_text()):
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name("log" | "_log"), attr=level),
                    args=[ast.Constant(str(event)), *_],
                ) if level in LEVELS:
                    yield event


def test_every_event_has_its_sentence_and_every_sentence_an_event() -> None:
    assert set(_events()) == set(SENTENCES)


def test_an_entry_is_told_with_its_moment_its_weight_and_its_values() -> None:
    entry = {
        "job_id": "9f",
        "reason": "no room",
        "event": "sandbox_kill_failed",
        "level": "warning",
        "logger": "app.services.reaper_service",
        "timestamp": "2026-11-30T16:33:12.981792Z",
    }

    assert plain_line(json.dumps(entry)) == (
        "2026-11-30 16:33:12  Warning: A sandbox could not be ended; it is tried again."
        " (job id: 9f, reason: no room)"
    )


def test_of_a_traceback_the_end_is_told() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in b\nValueError: no such thing'
    entry = {
        "event": "unexpected_error",
        "level": "error",
        "timestamp": "2026-11-30T16:33:12Z",
        "exception": trace,
    }

    assert plain_line(json.dumps(entry)).splitlines() == [
        "2026-11-30 16:33:12  Error: An error that nobody expected.",
        "    ValueError: no such thing",
    ]


def test_the_line_of_a_library_or_of_another_program_stays_as_it_is() -> None:
    assert plain_line('{"event": "Started server process [1]"}') == "Started server process [1]"
    for line in ("LOG:  checkpoint starting", '["event"]', '{"a": 1}', "{", ""):
        assert plain_line(line) == line
