"""A scripted API on a real socket, and a terminal that remembers what was printed on it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from app.cli.context import Context, Wiring
from app.cli.main import main

JOB = "11111111-1111-4111-8111-111111111111"
PROJECT = "22222222-2222-4222-8222-222222222222"
TOKEN = "the-token"
START = "2026-01-01T12:00"
"""Event number n of a story comes n seconds later."""


@dataclass
class Answer:
    """One answer of the API; `drop` closes the connection after the body instead of ending it properly."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hold: threading.Event | None = None


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    query: str = ""


class FakeApi:
    """Answers what a test has scripted; the last answer of a route is repeated."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: dict[tuple[str, str], list[Answer]] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._script[(method, path)] = list(answers)

    def asked(self, method: str, path: str) -> list[Request]:
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        sent = handler.rfile.read(length)
        is_json = "json" in (handler.headers.get("Content-Type") or "")
        body = json.loads(sent) if sent and is_json else sent or None
        path = handler.path.split("?")[0]
        query = handler.path.partition("?")[2]
        self.requests.append(Request(handler.command, path, dict(handler.headers), body, query))
        answers = self._script.get((handler.command, path)) or self._script.get((handler.command, handler.path))
        problem = {"title": "Not found", "detail": "No such thing.", "code": "not_found"}
        answer = Answer(404, problem) if not answers else answers.pop(0) if len(answers) > 1 else answers[0]
        content = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        kind = "application/json" if answer.raw is None else "text/event-stream"
        for name, value in {"Content-Type": kind, **answer.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
        if answer.hold is not None:
            answer.hold.wait(30)


def sse(*events: dict[str, Any], hold: threading.Event | None = None) -> Answer:
    """The events of one connection to a job's stream; `hold` keeps it open and silent."""
    blocks = [f"id: {e['seq']}\nevent: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events]
    return Answer(raw="".join([": hello\n\n", *blocks]).encode(), hold=hold)


def story(*statuses: str, last: str = "ready") -> list[dict[str, Any]]:
    """A build's events from queued to its end."""
    labels = {
        "queued": "Queued...",
        "code": "Writing code...",
        "ready": "Build complete!",
        "failed": "Build failed",
    }
    events = [
        {
            "seq": seq,
            "type": "status",
            "status": name,
            "label": labels.get(name, name),
            "at": f"{START}:0{seq}+00:00",
        }
        for seq, name in enumerate([*statuses, last], start=1)
    ]
    return [*events, {"seq": len(events) + 1, "type": "end", "status": last}]


def finished(**changes: Any) -> dict[str, Any]:
    """A ready build as the API tells it."""
    evidence = {
        "title": "Yoga booking",
        "files": 23,
        "features": ["Book a class", "Cancel a booking"],
        "checks": [{"name": "starts", "ok": True, "detail": "answered in 0.3 s", "seconds": 0.3}],
        "left_out": ["Payments"],
    }
    build = {
        "job_id": JOB,
        "project_id": PROJECT,
        "build_version": "build_v0_1",
        "status": "ready",
        "goal": "A booking app",
        "engine": "blueprint",
        "evidence": evidence,
        "error_message": None,
        "debug_id": None,
        "preview_url": "http://preview.localhost/open",
    }
    return build | changes


@dataclass
class FakeInstance:
    api_url: str
    pid: int = 4711
    version: str = "0.1.0"


@dataclass
class FakeWiring:
    """The composition root as the command line sees it."""

    instance: FakeInstance | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    findings: Sequence[Any] = ()
    is_ready: bool = True
    """False for a worker that ends before it is ready."""

    def find_instance(self, settings: Any) -> FakeInstance | None:
        return self.instance

    def run_up(self, settings: Any, *, say: Callable[[str], None]) -> int:
        self.calls.append(("up", settings))
        say("up and running")
        return 0

    def run_worker(self, settings: Any, *, on_ready: Callable[[], None] = lambda: None) -> int | None:
        self.calls.append(("worker", settings))
        if self.is_ready:
            on_ready()
        return None

    run_api = run_preview = run_migrate = run_worker

    def stop(self, settings: Any) -> bool:
        self.calls.append(("stop", settings))
        return self.instance is not None

    def doctor(self, settings: Any) -> Sequence[Any]:
        return self.findings


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Ran:
    code: int
    out: str
    talk: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last_word(self) -> str:
        return self.talk.rstrip("\n").rsplit("\n", 1)[-1]


@dataclass
class Cli:
    """Runs command lines in this process, against the fake instance and a data directory with a token only."""

    data_dir: Path
    wiring: FakeWiring

    def __call__(self, *tokens: str, talk: io.StringIO | None = None) -> Ran:
        out, talk = io.StringIO(), talk or io.StringIO()
        context = Context(wiring=lambda: cast("Wiring", self.wiring), out=out, talk=talk)
        code = main(tokens, context)
        return Ran(int(code), out.getvalue(), talk.getvalue())
