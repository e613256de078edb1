"""Assumptions of a plan: those that speak of what a correction took out go with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.blueprint.rule_kinds import GIVING_AWAY

Raw = dict[str, Any]


def drop_stale_assumptions(before: Raw, raw: Raw) -> None:
    """Take out the lines that name a kind of record, a page or a refusal of `before` that is gone by now."""
    gone = set(_subjects(before)) - set(_subjects(raw))
    raw["assumptions"] = [
        line for line in raw["assumptions"] if not any(re.search(subject, line, re.I) for subject in gone)
    ]


def _subjects(raw: Raw) -> Iterator[str]:
    """Patterns of the lines that speak of each part of a plan."""
    plurals = {entity["name"]: entity["plural"] for entity in raw["entities"]}
    for entity in raw["entities"]:
        yield rf"\b(?:{re.escape(entity['label'])}|{re.escape(entity['plural'])})\b"
    for form in raw["forms"]:
        yield re.escape(f"“{form['action']}”")
    for rule in raw["rules"]:
        if rule["kind"] in GIVING_AWAY and rule["entity"] in plurals:
            yield rf"^{re.escape(plurals[rule['entity']])} .*\brefused\b"
