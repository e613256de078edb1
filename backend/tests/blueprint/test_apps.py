"""Generated apps really work: installed from their lock, started by their script, their own tests green."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from app.adapters.runners.fake import RunnerFake
from app.app_runtime.app_host import PREVIEW_ACCESS, PREVIEW_KEY
from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest

GOALS = [
    "a booking app for a yoga studio",
    "an app for landlords to record tenants, rent payments and repair requests",
    "a kayak club lends kayaks to its members, each kayak has a photo, nobody gets one that is out",
    "A small theatre: customers book a pickup for their cakes, a group fills in a request on our page",
    'track "fl{{urb}}s" and <b>wozzles</b> \'; DROP TABLE x; -- with a price and a deadline',
    # Patients pick up what is their own, and nobody votes on a card that no form asks for.
    "A doctor's practice: patients request repeat prescriptions online, ready for pick-up, "
    "patients see only their own",
    "Team retro: everyone adds cards, votes three times, cards sorted by votes",
]
YOGA = GOALS[0]
KEY = "known to the preview alone"


def lay_out(tree: dict[str, str], folder: Path) -> Path:
    for path, text in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / START_SCRIPT).chmod(0o755)
    return folder


async def finish(*command: str, cwd: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, env=environment, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command}: {out.decode()[-3000:]}{err.decode()[-1500:]}"


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace installed by the commands of its own manifest."""
    folder = lay_out(generate(understand(YOGA)), tmp_path_factory.mktemp("installed"))
    uv = str(Path(sys.executable).with_name("uv"))
    for command in Manifest.parse((folder / MANIFEST).read_text()).install:
        await finish(*(uv if part == "uv" else part for part in command), cwd=folder)
    return folder


async def test_an_environment_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    make, *_ = Manifest.parse(generate(understand(YOGA))[MANIFEST]).install
    made_by_a_failure = ["false" if part == "uv" else part for part in make]
    with pytest.raises(AssertionError):
        await finish(*made_by_a_failure, cwd=tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    await finish(*made_by_a_failure, cwd=tmp_path)


async def test_an_environment_whose_python_is_gone_is_mended_where_it_lies(
    installed: Path, tmp_path: Path
) -> None:
    shutil.copytree(installed / ".venv", tmp_path / ".venv", symlinks=True)
    lock = "requirements.lock"
    shutil.copyfile(installed / lock, tmp_path / lock)
    python = tmp_path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/bin/python3.11")
    uv = str(Path(sys.executable).with_name("uv"))
    # As in a sandbox, where it is a mount: nobody can take the folder away.
    place = (tmp_path / ".venv").stat().st_ino
    for command in Manifest.parse((installed / MANIFEST).read_text()).install:
        await finish(*(uv if part == "uv" else part for part in command), cwd=tmp_path)
    await finish(str(python), "-c", "import starlette, jinja2", cwd=tmp_path)
    assert (tmp_path / ".venv").stat().st_ino == place


@pytest.mark.parametrize(
    "goal", GOALS, ids=["yoga", "landlord", "lending", "pickup", "hostile", "practice", "retro"]
)
async def test_the_apps_own_checks_pass(installed: Path, goal: str, tmp_path: Path) -> None:
    folder = lay_out(generate(understand(goal)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    for command in Manifest.parse((folder / MANIFEST).read_text()).check:
        await finish(*command, cwd=folder)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), PREVIEW_KEY: KEY}
    process = await asyncio.create_subprocess_exec(
        f"./{START_SCRIPT}", cwd=folder, env=environment, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        founder = {PREVIEW_ACCESS: f"owner {KEY}"}
        base = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=base, headers=founder, trust_env=False) as client:
            await until_healthy(client, process)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def until_healthy(client: httpx2.AsyncClient, process: Process) -> None:
    async with asyncio.timeout(60):
        while process.returncode is None:
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"the app ended with {process.returncode}")


async def test_the_start_script_serves_every_page_of_the_manifest(installed: Path) -> None:
    manifest = Manifest.parse((installed / MANIFEST).read_text())
    async with started(installed) as client:
        for page in manifest.pages:
            answer = await client.get(page)
            assert answer.status_code == 200, page
        home = await client.get("/")
    assert "<h1>Yoga Studio</h1>" in home.text
    assert "Yoga classes" in home.text
    assert (installed / "data" / "app.db").exists()


async def test_every_link_of_the_app_leads_somewhere(installed: Path) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    async with started(installed) as client:
        while waiting and len(seen) < 150:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = await client.get(path)
            assert answer.status_code == 200, path
            if "html" in answer.headers["content-type"]:
                waiting += [
                    link for link in re.findall(r'(?:href|src)="(/[^"#]*)"', answer.text) if "&" not in link
                ]
    assert len(seen) > 40


async def test_a_client_without_cookies_can_post_what_it_read(installed: Path) -> None:
    async with started(installed) as client:
        form = (await client.get("/clients/new")).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
        answer = await client.post("/clients/new", data={"csrf_token": token, "name": "Ada Curl"})
        assert answer.status_code == 303
        assert "Ada Curl" in (await client.get("/clients")).text
        forged = await client.post(
            "/clients/new",
            data={"csrf_token": token, "name": "Eve"},
            headers={"sec-fetch-site": "cross-site"},
        )
        assert forged.status_code == 403


async def test_what_was_saved_is_there_after_a_restart(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(installed, tmp_path / "app", symlinks=True)
    async with started(tmp_path / "app") as client:
        form = (await client.get("/clients/new")).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
        await client.post("/clients/new", data={"csrf_token": token, "name": "Zelda Again"})
    async with started(tmp_path / "app") as client:
        assert "Zelda Again" in (await client.get("/clients")).text


async def test_the_fakes_app_starts_without_an_installation(tmp_path: Path) -> None:
    async def say(line: str) -> None:
        assert line

    runner = RunnerFake()
    scaffold = await runner.scaffold("anything <b>")
    result = await runner.run("anything <b>", scaffold.spec, say=say)
    folder = lay_out(dict(result.working_files), tmp_path)
    manifest = Manifest.parse(result.working_files[MANIFEST])
    assert manifest.install == ()
    for command in manifest.check:
        await finish(*command, cwd=folder)
    async with started(folder) as client:
        assert "anything &lt;b&gt;" in (await client.get("/")).text


async def test_what_points_at_a_record_twice_is_told_apart(installed: Path, tmp_path: Path) -> None:
    folder = lay_out(generate(understand("chess club ladder")), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    async with started(folder) as client:
        page = (await client.get("/players/1")).text
    headings = [" ".join(found.split()) for found in re.findall(r"<h2>([^<]*)<span", page)]
    matches = [one for one in headings if one.startswith("Matches")]
    assert len(matches) == 2
    assert len(set(headings)) == len(headings)
