from __future__ import annotations

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.logging import MASK, Redactor, configure_logging

SECRET = "s3cr3t-canary-value"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"postgresql://founder:{SECRET}@db/x",
        f"password={SECRET}",
        f'{{"api_key": "{SECRET}"}}',
        "sk-abcdefghijklmnop1234",
        f"http://build-1.localhost:8401/?cf_access={SECRET}&x=1",
        f"b'GET /?x=1&cf_access={SECRET} HTTP/1.1'",
        f"Cookie: cf_preview={SECRET}; __Host-cf_preview_framed={SECRET}",
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str) -> None:
    masked = Redactor().text(text)

    assert SECRET not in masked
    assert "sk-abcdefghij" not in masked
    assert MASK in masked


@given(st.text(), st.text())
def test_a_known_secret_is_masked_wherever_it_stands(before: str, after: str) -> None:
    redactor = Redactor([SECRET])

    assert SECRET not in json.dumps(redactor.value({"a": [before + SECRET + after, {"b": SECRET}]}))


def test_no_log_line_holds_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    former = logging.getLogger().handlers
    try:
        configure_logging("INFO", secrets=[SECRET])
        structlog.get_logger("x").info("event", detail=f"it was {SECRET}")
        structlog.get_logger("x").info("event", error=ValueError(SECRET), seen={SECRET})
        logging.getLogger("other").error("failed with %s", SECRET)
        try:
            raise ValueError(SECRET)
        except ValueError:
            structlog.get_logger("x").exception("crash")
    finally:
        logging.getLogger().handlers = former
        structlog.reset_defaults()

    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 4
    assert all(json.loads(line) for line in lines)
    assert SECRET not in "".join(lines)
