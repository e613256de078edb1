"""A server that a founder named is reached at the address that was judged, and nowhere else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from app.adapters.runners.public_transport import PublicTransport
from app.core.addresses import Resolver
from app.ports.runner import RunnerUnavailable
from tests.support.certificates import certificate_of
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.scripted_model import Say, ScriptedModel

from .bench import Start

GOOD = as_text(pool())


class Judged(Resolver):
    """A resolver for which one address of this machine stands for the open internet."""

    def __init__(self, *answers: list[str], public: str) -> None:
        super().__init__()
        self._answers = list(answers)
        self._public = public

    async def resolve(self, host: str, *, private: bool) -> list[str]:
        assert not private
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [address for address in answer if address == self._public]


@dataclass
class Web:
    """A web server that remembers for whom it was asked."""

    server: ThreadingHTTPServer
    hosts: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])


@pytest.fixture
def web() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.hosts.append(self.headers["host"])
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    served = Web(ThreadingHTTPServer(("127.0.0.2", 0), Handler))
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield served
    served.server.shutdown()
    served.server.server_close()


async def test_the_judged_address_is_connected_to_and_the_host_is_named(web: Web) -> None:
    transport = PublicTransport(Judged(["127.0.0.3", "127.0.0.2"], public="127.0.0.2"))
    async with httpx2.AsyncClient(transport=transport) as client:
        answer = await client.get(f"http://models.example:{web.port}/v1/models")
    assert (answer.text, web.hosts) == ("ok", [f"models.example:{web.port}"])
    assert str(answer.request.url).startswith("http://models.example:")


async def test_a_name_that_leads_elsewhere_afterwards_is_not_followed(web: Web) -> None:
    transport = PublicTransport(Judged(["127.0.0.2"], ["169.254.169.254"], public="127.0.0.2"))
    async with httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get(f"http://models.example:{web.port}/")).text == "ok"
        with pytest.raises(httpx2.ConnectError, match="no address of the open internet"):
            await client.get(f"http://models.example:{web.port}/")
    assert len(web.hosts) == 1


async def test_the_certificate_is_still_asked_for_by_name(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate_of("models.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    transport = PublicTransport(Judged(["127.0.0.2"], public="127.0.0.2"))
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(f"https://models.example:{web.port}/")

    trusting = httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=str(pem)))
    monkeypatch.setattr(transport, "_inner", trusting)
    async with httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get(f"https://models.example:{web.port}/")).text == "ok"
        with pytest.raises(httpx2.ConnectError, match="Hostname mismatch"):
            await client.get(f"https://other.example:{web.port}/")


@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic", "ollama", "compatible"])
async def test_no_provider_is_asked_at_a_private_address_that_a_founder_named(start: Start, provider: str) -> None:
    bench = start([GOOD], provider=provider, is_public_only=True)
    with pytest.raises(RunnerUnavailable, match="only the operator of this instance"):
        await bench.runner.scaffold(POOL_GOAL)
    assert bench.provider.asked == []
    assert bench.notebook.begun == []


@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic", "compatible"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(start: Start, provider: str, status: int) -> None:
    with ScriptedModel([GOOD]) as elsewhere:
        path = {"openai": "responses", "anthropic": "messages"}.get(provider, "chat/completions")
        bench = start([Say(status=status, headers={"location": f"{elsewhere.url}/{path}"})], provider=provider)
        with pytest.raises(RunnerUnavailable):
            await bench.runner.scaffold(POOL_GOAL)
        assert elsewhere.asked == []


async def test_a_server_of_this_machine_is_not_asked_through_a_proxy(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    bench = start([GOOD], provider="compatible")
    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"
