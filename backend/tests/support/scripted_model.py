"""A model provider on loopback that says what a test tells it to, in the wire formats of OpenAI and Anthropic."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_STALL_S = 60.0


@dataclass
class Say:
    """What a reply is: a text, with the faults that a test wants of it."""

    text: str = ""
    status: int = 200
    error: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    """As in chat completions: stop, length or content_filter."""
    hang_s: float = 0
    """Silence before anything is sent."""
    cut_after: int | None = None
    """Characters of the text after which the connection is closed."""
    stall_after: int | None = None
    """Characters of a streamed text after which nothing more is sent, until the other side goes away."""
    refusal: str | None = None
    raw: bytes | None = None
    """A body that is sent instead of any reply."""
    drip: bytes | None = None
    """A byte that is sent again and again after the text, until the other side goes away."""
    usage: Json | None = None
    """What is told of tokens instead of what was counted; nothing where it is empty."""
    model: str | None = None
    """Another name for the model than the one that was asked."""
    tools: tuple[str, ...] = ()
    """The tools that are called with the text, one after the other; by default the one that was asked for."""

    @property
    def ends_early(self) -> int | None:
        """Characters of a streamed text after which nothing comes."""
        return self.cut_after if self.stall_after is None else self.stall_after


HEARD = Say('{"heard": true}')
"""What a model says to whoever only looks whether somebody is there."""


@dataclass
class Asked:
    """A request that arrived."""

    path: str
    body: Json
    headers: dict[str, str]
    at: float
    was_dropped_after_s: float | None = None
    """Seconds until the other side closed the connection while the reply was held back."""


Script = Callable[[Asked, int], Say]
"""The reply to a request, and its number from 1."""


class ScriptedModel:
    """Serves until the block ends; counts calls and tokens as a provider's bill does."""

    def __init__(self, script: Script | list[Say | str]) -> None:
        self._script = script
        self.asked: list[Asked] = []
        self.listed: Json = {}
        """What the list of models says of the model besides its name."""
        self.lists: Say | None = None
        """What is said to whoever wants the list of models, instead of the list."""
        self.running: Json | None = None
        """What Ollama says of the model as it is loaded; None where it is no Ollama."""
        self.input_tokens = 0
        self.output_tokens = 0
        self._lock = threading.Lock()
        self._server = ModelServer(self)

    @property
    def url(self) -> str:
        """The base address for OpenAI's format."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base address for Anthropic's."""
        return self.url.removesuffix("/v1")

    def encrypt(self, pem: Path) -> None:
        """Speak TLS with this certificate and key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> ScriptedModel:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_reply(self, asked: Asked) -> Say:
        """What is said to a request; the last of a list is said again and again."""
        with self._lock:
            self.asked.append(asked)
            number = len(self.asked)
        if callable(self._script):
            return self._script(asked, number)
        said = self._script[min(number, len(self._script)) - 1]
        return Say(said) if isinstance(said, str) else said

    def count(self, asked: Asked, said: Say) -> tuple[int, int]:
        """Tokens in and out, as a provider would bill them."""
        took = len(json.dumps(asked.body)) // 4, max(1, len(said.text) // 4)
        with self._lock:
            self.input_tokens += took[0]
            self.output_tokens += took[1]
        return took


class ModelServer(ThreadingHTTPServer):
    """An HTTP server that knows whose words it says."""

    daemon_threads = True

    def __init__(self, model: ScriptedModel) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model = model


class Handler(BaseHTTPRequestHandler):
    """Answers requests as its server's model says."""

    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/api/ps":
            running = self.server.model.running
            self._send(
                404 if running is None else 200, {"models": [{"name": "scripted:latest", **(running or {})}]}
            )
            return
        if self.server.model.lists is not None:
            self._reply(Asked(self.path, {}, {}, time.monotonic()), self.server.model.lists)
            return
        listed = {"id": "scripted", "object": "model", **self.server.model.listed}
        self._send(200, {"object": "list", "data": [listed]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.startswith("/api/"):
            shown = {"capabilities": ["completion", "vision"]}
            self._send(200 if self.server.model.running else 404, shown)
            return
        asked = Asked(
            self.path, body, {name.lower(): value for name, value in self.headers.items()}, time.monotonic()
        )
        said = self.server.model.next_reply(asked)
        try:
            self._reply(asked, said)
        except (BrokenPipeError, ConnectionResetError):
            asked.was_dropped_after_s = time.monotonic() - asked.at
            self.close_connection = True

    def _reply(self, asked: Asked, said: Say) -> None:
        if said.hang_s and self._was_dropped(asked, said.hang_s):
            return
        if said.drip is not None:
            self._drip(said)
            return
        if said.raw is not None:
            self._send_bytes(said.status, said.raw, said.headers)
            return
        if said.status != 200:
            self._send(said.status, said.error or {"error": {"message": "no"}}, said.headers)
            return
        wire = WIRES[asked.path](asked.body, said, *self.server.model.count(asked, said))
        if not asked.body.get("stream"):
            text = json.dumps(wire.whole()).encode()
            cut = None if said.cut_after is None else text[: len(text) // 2]
            self._send_bytes(200, text, said.headers, cut=cut)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in wire.events():
            self.wfile.write(event.encode())
            self.wfile.flush()
        if said.stall_after is not None:
            self._was_dropped(asked, _STALL_S)

    def _drip(self, said: Say) -> None:
        """Send the same again and again, far more often than any read gives up."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for _ in range(1_200):
            self.wfile.write(said.drip or b"")
            self.wfile.flush()
            time.sleep(0.05)

    def _was_dropped(self, asked: Asked, seconds: float) -> bool:
        """Keep silent; whether the other side went away meanwhile."""
        self.connection.settimeout(seconds)
        try:
            gone: bool = self.connection.recv(1) == b""
        except TimeoutError:
            return False
        finally:
            self.connection.settimeout(None)
        asked.was_dropped_after_s = time.monotonic() - asked.at
        self.close_connection = True
        return gone

    def _send(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(body).encode(), headers or {})

    def _send_bytes(self, status: int, body: bytes, headers: dict[str, str], cut: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else cut)
        if cut is not None:
            self.close_connection = True


def pieces(said: Say, size: int = 400) -> Iterator[str]:
    """The text in the pieces of a stream, up to where it is cut."""
    text = said.text[: said.ends_early]
    for start in range(0, len(text), size):
        yield text[start : start + size]


def sse(data: Json | str, event: str | None = None) -> str:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n"


@dataclass
class Chat:
    """OpenAI's chat completions."""

    body: Json
    said: Say
    tokens_in: int
    tokens_out: int

    @property
    def _base(self) -> Json:
        return {"id": "chatcmpl-1", "created": 1, "model": self.said.model or self.body["model"]}

    @property
    def _usage(self) -> Json:
        total = self.tokens_in + self.tokens_out
        if self.said.usage is not None:
            return self.said.usage
        return {"prompt_tokens": self.tokens_in, "completion_tokens": self.tokens_out, "total_tokens": total}

    @property
    def _tool_calls(self) -> list[Json]:
        return [
            {
                "index": index,
                "id": f"call_{index}",
                "type": "function",
                "function": {"name": name, "arguments": self.said.text},
            }
            for index, name in enumerate(self.said.tools)
        ]

    def whole(self) -> Json:
        message: Json = {"role": "assistant", "content": self.said.text, "refusal": self.said.refusal}
        if self.said.refusal:
            message["content"] = None
        if self.said.tools:
            message |= {"content": None, "tool_calls": self._tool_calls}
        choice = {"index": 0, "message": message, "finish_reason": self.said.finish}
        usage = {"usage": self._usage} if self._usage else {}
        return {**self._base, "object": "chat.completion", "choices": [choice], **usage}

    def events(self) -> Iterator[str]:
        def chunk(delta: Json, finish: str | None = None) -> str:
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            return sse({**self._base, "object": "chat.completion.chunk", "choices": choices})

        yield chunk({"role": "assistant", "content": ""})
        if self.said.refusal:
            yield chunk({"refusal": self.said.refusal})
        if self.said.tools:
            yield chunk({"tool_calls": self._tool_calls})
        for piece in () if self.said.tools else pieces(self.said):
            yield chunk({"content": piece})
        if self.said.ends_early is not None:
            return
        yield chunk({}, self.said.finish)
        if self._usage:
            yield sse({**self._base, "object": "chat.completion.chunk", "choices": [], "usage": self._usage})
        yield sse("[DONE]")


@dataclass
class Responses(Chat):
    """OpenAI's responses."""

    def _response(self, status: str, output: list[Json]) -> Json:
        detail = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        usage = {"input_tokens": self.tokens_in, "output_tokens": self.tokens_out, **detail}
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": self.body["model"],
            "status": status,
            "output": output,
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            "usage": {**usage, "total_tokens": self.tokens_in + self.tokens_out},
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "error": None,
        }

    def _message(self, status: str = "completed") -> Json:
        part: Json = {"type": "output_text", "text": self.said.text, "annotations": []}
        if self.said.refusal:
            part = {"type": "refusal", "refusal": self.said.refusal}
        return {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": [part]}

    @property
    def _status(self) -> str:
        return "incomplete" if self.said.finish == "length" else "completed"

    def whole(self) -> Json:
        return self._response(self._status, [self._message()])

    def events(self) -> Iterator[str]:
        numbers = iter(range(10_000))

        def event(kind: str, **more: Any) -> str:
            return sse({"type": kind, "sequence_number": next(numbers), **more}, kind)

        yield event("response.created", response={**self._response("in_progress", []), "usage": None})
        place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        empty = {**self._message("in_progress"), "content": []}
        yield event("response.output_item.added", output_index=0, item=empty)
        part = {"type": "output_text", "text": "", "annotations": []}
        yield event("response.content_part.added", **place, part=part)
        for piece in pieces(self.said):
            yield event("response.output_text.delta", **place, delta=piece, logprobs=[])
        if self.said.ends_early is not None:
            return
        yield event("response.output_text.done", **place, text=self.said.text, logprobs=[])
        yield event("response.output_item.done", output_index=0, item=self._message())
        yield event(f"response.{self._status}", response=self.whole())


@dataclass
class Anthropic(Chat):
    """Anthropic's messages; where a tool is asked for, the text is its input."""

    @property
    def _stop(self) -> str:
        reasons = {"length": "max_tokens", "content_filter": "refusal"}
        return reasons.get(self.said.finish, "tool_use" if self._is_tool else "end_turn")

    @property
    def _is_tool(self) -> bool:
        return bool(self.body.get("tools")) and not self.said.refusal

    def whole(self) -> Json:
        content: Json = {"type": "text", "text": self.said.refusal or self.said.text}
        if self._is_tool:
            content = {"type": "tool_use", "id": "toolu_1", "name": "answer", "input": _object(self.said.text)}
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self.body["model"],
            "content": [content],
            "stop_reason": self._stop,
            "stop_sequence": None,
            "usage": {"input_tokens": self.tokens_in, "output_tokens": self.tokens_out},
        }

    def events(self) -> Iterator[str]:
        def event(kind: str, **more: Any) -> str:
            return sse({"type": kind, **more}, kind)

        began = {**self.whole(), "content": [], "stop_reason": None}
        began["usage"] = {"input_tokens": self.tokens_in, "output_tokens": 1}
        yield event("message_start", message=began)
        block: Json = {"type": "text", "text": ""}
        if self._is_tool:
            block = {"type": "tool_use", "id": "toolu_1", "name": "answer", "input": {}}
        yield event("content_block_start", index=0, content_block=block)
        for piece in pieces(self.said):
            kind = {"type": "input_json_delta", "partial_json": piece}
            delta = kind if self._is_tool else {"type": "text_delta", "text": piece}
            yield event("content_block_delta", index=0, delta=delta)
        if self.said.ends_early is not None:
            return
        yield event("content_block_stop", index=0)
        end = {"stop_reason": self._stop, "stop_sequence": None}
        yield event("message_delta", delta=end, usage={"output_tokens": self.tokens_out})
        yield event("message_stop")


def _object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


WIRES: dict[str, type[Chat]] = {
    "/v1/chat/completions": Chat,
    "/v1/responses": Responses,
    "/v1/messages": Anthropic,
}
