"""A small app that passes every acceptance check, to be spoiled in one place by each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from app.acceptance import Candidate, CheckReport
from app.blueprint.spec import (
    AppSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    FormSpec,
    OnDelete,
    RoleScope,
    RoleSpec,
    RuleKind,
    RuleSpec,
    ThemeSpec,
)
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest
from app.services.export_service import iter_zip

SOURCE = Path(__file__).with_name("small_app.txt").read_text(encoding="utf-8")
TEST = """import unittest

import server


class Forms(unittest.TestCase):
    def test_a_form_is_made(self):
        self.assertIn("<form", server.form("/", []))
"""

Files = dict[str, bytes]
RunChecks = Callable[..., Awaitable[CheckReport]]


def shop(**changes: Any) -> AppSpec:
    """The specification of the small app."""
    member = EntitySpec(
        name="Member",
        table="members",
        label="Member",
        plural="Members",
        about="Who buys.",
        fields=(
            FieldSpec(name="name", label="Name", required=True),
            FieldSpec(name="email", label="E-mail", type=FieldType.EMAIL, required=True),
        ),
    )
    thing = EntitySpec(
        name="Thing",
        table="things",
        label="Thing",
        plural="Things",
        about="What is sold.",
        fields=(
            FieldSpec(name="name", label="Name", required=True),
            FieldSpec(name="day", label="Day", type=FieldType.DATE),
            FieldSpec(
                name="member", label="Member", type=FieldType.REF, ref="Member", on_delete=OnDelete.SET_NULL
            ),
        ),
    )
    about = "There is a thing of that name already."
    given: dict[str, Any] = {
        "title": "Shop",
        "tagline": "A shop.",
        "goal": "A shop of things",
        "engine": "fake",
        "confidence": 1,
        "theme": ThemeSpec(hue=200),
        "roles": (RoleSpec(name="Member", about="Their own.", scope=RoleScope.OWN, entity="Member"),),
        "entities": (thing, member),
        "rules": (RuleSpec(kind=RuleKind.UNIQUE, entity="Thing", fields=("name",), about=about),),
        "forms": (
            FormSpec(entity="Thing", action="Ask", about="Ask.", thanks="Thank you.", fields=("name", "day")),
        ),
    }
    return AppSpec(**{**given, **changes})


def files_of(source: str = SOURCE, **more: str) -> Files:
    """The workspace of the small app, with other files in it."""
    manifest = Manifest(
        stack="Python standard library",
        install=(),
        check=(("python3", "-m", "unittest", "-q"),),
        start=(f"./{START_SCRIPT}",),
        health="/health",
        pages=("/", "/things"),
    )
    texts = {
        "README.md": "# Shop\n",
        ".env.example": "#PORT=8000\n",
        START_SCRIPT: '#!/bin/sh\ncd "$(dirname "$0")"\nexec python3 server.py\n',
        MANIFEST: manifest.dumps(),
        "server.py": source,
        "test_server.py": TEST,
        **more,
    }
    return {path: text.encode() for path, text in texts.items()}


def spoiled(old: str, new: str) -> str:
    """The small app with one bug in it."""
    assert SOURCE.count(old) == 1, old
    return SOURCE.replace(old, new)


async def archive_of(files: Mapping[str, bytes]) -> bytes:
    async def entries() -> AsyncIterator[tuple[str, bytes]]:
        for path in sorted(files):
            yield path, files[path]

    return b"".join([chunk async for chunk in iter_zip(entries(), folder="build_v0_2")])


async def no_preview() -> dict[str, Any]:
    return {"name": "preview", "ok": True, "detail": "opened", "seconds": 0.0}


async def ready(app: Candidate) -> Candidate:
    return app
