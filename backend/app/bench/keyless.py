"""P6: a keyless build, beside its own commands typed by hand."""

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
from pathlib import Path
from statistics import mean
from typing import Any, Final

from app.bench.endings import why_no_sandbox
from app.bench.http import get, post, send_all
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, end_process, free_port, wait_until
from app.core.settings import process_environment
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest

GOAL: Final = "A booking app for a yoga studio"
BUILD_S: Final = 240.0
# Past any proxy that the environment names: all of this is on this machine.
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def measure_keyless(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P6."""
    if sizes.is_quick:
        return [Reading("P6", None, note="needs the package index and minutes: left out of a quick run")]
    house = stage.house()
    if why := why_no_sandbox(house):
        return [Reading("P6", None, note=f"no sandbox can be made here: {why}")]
    ours: list[float] = []
    by_hand: list[float] = []
    with house.instance():
        # The first of each fills the caches. Then they take turns: a machine that gets slower favours neither.
        archive = b""
        for turn in range(3):
            seconds, status = _build_once(house)
            if status["status"] != "ready":
                why = f"the build failed after {seconds:.0f} s: {status['error_message']}"
                return [Reading("P6", None, note=why)]
            archive = archive or _download_export(house, status["job_id"])
            ours.append(seconds)
            by_hand.append(_type_by_hand(house, archive, turn))
    built, hand = mean(ours[1:]), mean(by_hand[1:])
    limit = max(1.5, hand / 10)
    note = f"{built:.1f} s with us, {hand:.1f} s by hand with a warm cache; the limit here is {limit:.1f} s"
    return [Reading("P6", built - hand, hand, note=note)]


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


def _type_by_hand(house: House, archive: bytes, turn: int) -> float:
    """Seconds that the same commands take by hand, on the same files, from the install to the last page."""
    folder = house.data.root / f"by-hand-{turn}"
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(folder)
    workspace = next(path.parent for path in folder.rglob(MANIFEST))
    (workspace / START_SCRIPT).chmod(0o755)
    manifest = Manifest.parse((workspace / MANIFEST).read_bytes())
    environment = _shell_environment(house)
    began = time.monotonic()
    for command in (*manifest.install, *manifest.check):
        subprocess.run(command, cwd=workspace, env=environment, check=True, capture_output=True)
    with _serve_app(manifest, workspace, environment) as port:
        for page in manifest.pages:
            wait_until(lambda page=page: _page_opens(port, page), page)  # type: ignore[misc]  # mypy infers no default
    return time.monotonic() - began


def _shell_environment(house: House) -> dict[str, str]:
    """A founder's shell with the tools of this installation."""
    inherited = process_environment()
    path = f"{Path(sys.executable).parent}:{inherited.get('PATH', '')}"
    # Without bytecode every start would compile the app anew, which it does not in a sandbox.
    foreign = ("COFOUNDER_", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    shell = {name: text for name, text in inherited.items() if not name.startswith(foreign)}
    return shell | {"PATH": path, "UV_CACHE_DIR": str(house.data.root / "uv-cache")}


@contextmanager
def _serve_app(manifest: Manifest, workspace: Path, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    environment = environment | {"PORT": str(port)}
    process = subprocess.Popen(
        manifest.start, cwd=workspace, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: _page_opens(port, manifest.health), manifest.health)
        yield port
    finally:
        end_process(process)


def _page_opens(port: int, path: str) -> bool:
    try:
        with _DIRECT.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
