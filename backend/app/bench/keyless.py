"""P6, P7 and P14: a keyless build, beside its own commands typed by hand, and its preview."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Final
from uuid import UUID

from app.bench.bars import BARS
from app.bench.endings import why_no_sandbox
from app.bench.http import get, post, send_all
from app.bench.previews import app_itself, measure_preview, preview_of
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, end_process, free_port, wait_until
from app.core.ids import JobId
from app.core.settings import process_environment
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest

GOAL: Final = "A booking app for a yoga studio"
BUILD_S: Final = 240.0
# Past any proxy that the environment names: all of this is on this machine.
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def measure_keyless(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P6, P7 and P14, all on builds of one goal."""
    if sizes.is_quick:
        return _left_out("needs the package index and minutes: left out of a quick run")
    house = stage.house()
    if why := why_no_sandbox(house):
        return _left_out(f"no sandbox can be made here: {why}")
    ours: list[float] = []
    by_hand: list[float] = []
    with house.instance() as preview:
        # The first of each fills the caches. Then they take turns: a machine that gets slower favours neither.
        for turn in range(3):
            seconds, status = _build_once(house)
            if status["status"] != "ready":
                return _left_out(f"the build failed after {seconds:.0f} s: {status['error_message']}")
            ours.append(seconds)
            shell = _Shell(house, _download_export(house, status["job_id"]), turn)
            by_hand.append(shell.type_all())
        proxied = preview_of(house, JobId(UUID(status["job_id"])), pid=preview.pid, port=house.port + 1)
        with shell.serve() as app:
            p14 = measure_preview(proxied, app_itself(pid=app.pid, port=app.port), sizes)
    built, hand = mean(ours[1:]), mean(by_hand[1:])
    limit = max(1.5, hand / 10)
    note = f"{built:.1f} s with us, {hand:.1f} s by hand with a warm cache; the limit here is {limit:.1f} s"
    return [
        Reading("P6", built - hand, hand, note=note),
        Reading("P7 warm", built, note=f"from the start to the page, {len(ours) - 1} builds"),
        Reading("P7 cold", ours[0]),
        *p14,
    ]


def _left_out(why: str) -> list[Reading]:
    return [Reading(bar.id, None, note=why) for bar in BARS if bar.group in ("P6", "P7", "P14")]


def _build_once(house: House) -> tuple[float, Any]:
    """Seconds until a build has ended, and its last status."""
    body = {"project_id": house.new_projects(1)[0], "goal": GOAL}
    [started] = send_all(house.port, [post("/api/generation/start", house.token, body)], clients=1)
    began, job = time.monotonic(), json.loads(started)["job_id"]
    ask = "SELECT count(*) FROM jobs WHERE id = %s AND status IN ('ready', 'failed')"
    wait_until(lambda: house.number(ask, job) == 1, "a keyless build", within_s=BUILD_S, every_s=0.02)
    took = time.monotonic() - began
    [status] = send_all(house.port, [get(f"/api/generation/{job}/status", house.token)], clients=1)
    return took, json.loads(status)


def _download_export(house: House, job_id: str) -> bytes:
    url = f"http://127.0.0.1:{house.port}/api/builds/{job_id}/export"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {house.token}"})
    with _DIRECT.open(request, timeout=60) as answer:
        return bytes(answer.read())


@dataclass(frozen=True)
class _ServedByHand:
    pid: int
    port: int


class _Shell:
    """An app out of its archive, and the commands of its manifest as somebody types them."""

    def __init__(self, house: House, archive: bytes, turn: int) -> None:
        folder = house.data.root / f"by-hand-{turn}"
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            files.extractall(folder)
        self._workspace = next(path.parent for path in folder.rglob(MANIFEST))
        (self._workspace / START_SCRIPT).chmod(0o755)
        self._manifest = Manifest.parse((self._workspace / MANIFEST).read_bytes())
        self._environment = _shell_environment(house)

    def type_all(self) -> float:
        """Seconds that the commands take, from the install to the last page."""
        began = time.monotonic()
        for command in (*self._manifest.install, *self._manifest.check):
            subprocess.run(command, cwd=self._workspace, env=self._environment, check=True, capture_output=True)
        with self.serve() as app:
            for page in self._manifest.pages:
                wait_until(partial(_page_opens, app.port, page), page)
        return time.monotonic() - began

    @contextmanager
    def serve(self) -> Iterator[_ServedByHand]:
        """The app, which answers once this is entered; it is installed already."""
        port = free_port()
        process = subprocess.Popen(
            self._manifest.start,
            cwd=self._workspace,
            env=self._environment | {"PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(partial(_page_opens, port, self._manifest.health), self._manifest.health)
            yield _ServedByHand(process.pid, port)
        finally:
            end_process(process)


def _shell_environment(house: House) -> dict[str, str]:
    """A founder's shell with the tools of this installation."""
    inherited = process_environment()
    path = f"{Path(sys.executable).parent}:{inherited.get('PATH', '')}"
    # Without bytecode every start would compile the app anew, which it does not in a sandbox.
    foreign = ("COFOUNDER_", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    shell = {name: text for name, text in inherited.items() if not name.startswith(foreign)}
    return shell | {"PATH": path, "UV_CACHE_DIR": str(house.data.root / "uv-cache")}


def _page_opens(port: int, path: str) -> bool:
    try:
        with _DIRECT.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
