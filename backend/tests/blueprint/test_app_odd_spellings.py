"""Spellings that few people use are read like those of the many, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from .test_app_spellings import is_refused, own, value

__all__ = ["own"]


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("datetime", "31 May 2030 9:30pm", "2030-05-31T21:30"),
        ("datetime", "5/31/2030 9.30AM", "2030-05-31T09:30"),
        ("datetime", "2030-05-31T19:00Z", "2030-05-31T21:00"),
        ("datetime", "2030-12-31T23:30Z", "2031-01-01T00:30"),
        ("money", "１２，５０", 1250),
        ("money", "＄１２．５０", 1250),
        ("bool", "V", 1),
        ("bool", "s", 1),
        ("email", "ana@mail.example.com", "ana@mail.example.com"),
    ],
)
def test_it_is_read(own: Any, monkeypatch: pytest.MonkeyPatch, kind: str, typed: str, meant: object) -> None:
    monkeypatch.setenv("TIMEZONE", "Europe/Berlin")
    assert value(own, kind, typed) == meant


@pytest.mark.parametrize("typed", ["(12.50) $", "(12.50)$", "－12.50", "（12.50）"])
def test_an_amount_below_nought(own: Any, typed: str) -> None:
    assert value(own, "money", typed, lowest=-(10**11)) == -1250


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("money", "$12.50) $"),
        ("money", "(12.50) €"),
        ("money", "12.50 $ $"),
        ("datetime", "31 May 2030 9:30xm"),
        ("datetime", "2030-05-31T19:00Zulu"),
        ("email", "ana@example..com"),
        ("email", "ana@.example.com"),
    ],
)
def test_it_is_refused(own: Any, kind: str, typed: str) -> None:
    is_refused(own, kind, typed, lowest=-(10**11) if kind == "money" else None)
