"""A runner for tests: any goal gives the same small app, which needs nothing but Python to install and start."""

from __future__ import annotations

import json
from typing import Final

from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, PageSpec, ThemeSpec
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest
from app.ports.runner import RunResult, Say, Scaffold

_SERVER: Final = '''"""A web app of the standard library alone."""

import html
import json
import os
import pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ABOUT = json.loads((pathlib.Path(__file__).parent / "about.json").read_text(encoding="utf-8"))


def page(path):
    """Status, content type and text for a path."""
    if path == "/health":
        return 200, "application/json", '{"status": "ok"}'
    if path == "/":
        words = [html.escape(ABOUT[name]) for name in ("title", "goal")]
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        return 200, "text/html", f"<!doctype html><html lang=en>{head}<h1>{words[0]}</h1><p>{words[1]}</p></html>"
    return 404, "text/plain", "There is no such page."


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, text = page(self.path.split("?")[0])
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    ThreadingHTTPServer(address, Handler).serve_forever()
'''
_CHECK: Final = """import unittest

import server


class Pages(unittest.TestCase):
    def test_the_first_page_shows_the_title(self):
        self.assertIn("<h1>", server.page("/")[2])

    def test_other_addresses_are_not_found(self):
        self.assertEqual(server.page("/nope")[0], 404)
"""
_START: Final = '#!/bin/sh\nset -eu\ncd "$(dirname "$0")"\nexec python3 server.py\n'
_FEATURES: Final = ("Pages: a first page and a health check",)


class RunnerFake:
    """A Runner whose answer is known before; subclass or wrap it to script a failure in a test."""

    engine = "fake"

    async def scaffold(self, goal: str, *, spec: AppSpec | None = None) -> Scaffold:
        """The canned spec around the goal, or the spec given."""
        chosen = spec or _spec(goal)
        return Scaffold(chosen, _skeleton(chosen))

    async def run(
        self,
        goal: str,  # noqa: ARG002 - the spec carries it
        spec: AppSpec,
        *,
        say: Say,
    ) -> RunResult:
        """The canned app."""
        for feature in _FEATURES:
            await say(feature)
        about = json.dumps({"title": spec.title, "goal": spec.goal})
        written = {"server.py": _SERVER, "test_server.py": _CHECK, "about.json": about + "\n"}
        return RunResult(_skeleton(spec) | written, features=_FEATURES)


def _spec(goal: str) -> AppSpec:
    note = EntitySpec(
        name="Note",
        table="notes",
        label="Note",
        plural="Notes",
        about="All notes in one place.",
        fields=(FieldSpec(name="title", label="Title", required=True),),
    )
    return AppSpec(
        title="Canned app",
        tagline="The same small app for every goal.",
        goal=goal,
        engine=RunnerFake.engine,
        confidence=1.0,
        theme=ThemeSpec(hue=200),
        entities=(note,),
        pages=(PageSpec(path="/", title="First page"),),
    )


def _skeleton(spec: AppSpec) -> dict[str, str]:
    manifest = Manifest(
        stack="Python standard library",
        install=(),
        check=(("python3", "-m", "unittest", "-q"),),
        start=(f"./{START_SCRIPT}",),
        health="/health",
        pages=("/",),
    )
    return {
        "README.md": f"# {spec.title}\n\nStart it with `PORT=8000 ./{START_SCRIPT}`.\n",
        ".env.example": "#HOST=127.0.0.1\n#PORT=8000\n",
        START_SCRIPT: _START,
        MANIFEST: manifest.dumps(),
    }
