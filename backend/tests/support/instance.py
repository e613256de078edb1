"""A real instance in processes of its own, on ports and in a directory of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
import psutil

T = TypeVar("T")
START_S = 60.0
PORTS, PORTS_EACH = 12_000, 2_000


def free_ports() -> int:
    """A port that is free together with the next one.

    It lies below those that the system gives out, in a range that no other process of the tests draws from: until
    an instance listens there nobody else takes it.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = PORTS + process % 8 * PORTS_EACH
    while True:
        port = first + 2 * secrets.randbelow(PORTS_EACH // 2)
        if _is_free(port) and _is_free(port + 1):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def eventually(look: Callable[[], T], *, within_s: float, every_s: float = 0.02) -> T:
    """The first true answer of `look`; fails when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s} s: {look}"
        time.sleep(every_s)


class Instance:
    """`cofounder up` and the means to speak to it, and to hurt it."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_ports()
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx2.Client()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-m", "app.cli.main", "up"]
        places = ["--port", str(self.port), "--data-dir", str(self.data_dir)]
        environment = {
            **os.environ,
            **{f"COFOUNDER_{name.upper()}": value for name, value in self._settings.items()},
        }
        self.process = subprocess.Popen(
            [*command, *places], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self._is_up, within_s=START_S)
        token = (self.data_dir / "token").read_text().strip()
        self.client.close()
        self.client = httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended with {self.process.returncode} before it was up"
        return (self.data_dir / "instance.json").exists()

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(20) is not None

    def tree(self) -> list[psutil.Process]:
        """Every process of the instance, those in sandboxes too."""
        assert self.process is not None
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def named(self, word: str) -> psutil.Process:
        """The child process of that name, such as `worker`."""
        for process in self.tree():
            if _name(process).startswith(word):
                return process
        raise AssertionError(f"no {word!r} among {[_name(one) for one in self.tree()]}")

    def sandboxed(self, owner: str) -> list[psutil.Process]:
        """The processes in the sandboxes of a child process."""
        return self.named(owner).children(recursive=True)

    def kill_everything(self) -> None:
        """kill -9 of the whole tree, servers and sandboxes included, children after parents."""
        doomed = self.tree()
        for process in doomed:
            _kill(process)
        assert self.process is not None
        self.process.wait(10)
        _, alive = psutil.wait_procs(doomed[1:], timeout=10)
        assert not alive

    def project(self, name: str = "A project") -> str:
        answer = self.client.post("/api/projects", json={"name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def start_build(self, project: str, goal: str) -> Any:
        body = {"project_id": project, "goal": goal}
        return self.client.post("/api/generation/start", json=body)

    def started(self, goal: str, project: str | None = None) -> str:
        answer = self.start_build(project or self.project(), goal)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["job_id"])

    def status(self, job_id: str) -> Any:
        return self.client.get(f"/api/generation/{job_id}/status").json()

    def events(self, job_id: str) -> Iterator[tuple[str, Any]]:
        """The build's events as they come."""
        kind = ""
        path = f"/api/generation/{job_id}/events"
        with self.client.stream("GET", path, timeout=120) as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))

    def await_stage(self, job_id: str, stage: str) -> None:
        """Return as soon as the build is there."""
        for kind, data in self.events(job_id):
            if kind == "status" and data["status"] == stage:
                return
        raise AssertionError(f"{stage} never came: {self.status(job_id)}")

    def await_end(self, job_id: str, *, within_s: float = 300) -> Any:
        """The status once the build has ended, whatever happens to the instance meanwhile."""

        def ended() -> Any:
            try:
                status = self.status(job_id)
            except (httpx2.TransportError, ValueError):
                return None
            return status if status.get("status") in ("ready", "failed") else None

        status = eventually(ended, within_s=within_s, every_s=0.1)
        if status["status"] == "failed":
            evidence = self.client.get(f"/api/builds/{job_id}").json()["evidence"] or {}
            print(evidence.get("failure"))  # pytest shows it beside the assertion that follows
        return status

    def open_preview(self, url: str, path: str = "") -> httpx2.Response:
        """Open a preview link the way a browser does: by the link, then by the cookie."""
        host = url.split("/")[2]
        address = url.replace(host, f"127.0.0.1:{self.port + 1}")
        with httpx2.Client(headers={"Host": host}, timeout=60, trust_env=False) as visitor:
            first = visitor.get(address)
            assert first.status_code == 303, first.text
            cookie = "; ".join(one.split(";")[0] for one in first.headers.get_list("set-cookie"))
            inside = f"http://127.0.0.1:{self.port + 1}{path or '/'}"
            return visitor.get(inside, headers={"Cookie": cookie})


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return
