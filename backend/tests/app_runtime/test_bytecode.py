"""What is compiled of the starter already is used by every app, and shadows nothing that an app has changed."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from app.adapters.sandboxes.fake import FakeSandbox, FakeSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.app_runtime.bytecode import BytecodeNotMade, StarterBytecode
from app.blueprint.generate.tree import generate, starter_files
from app.blueprint.language import understand
from app.core.ids import JobId
from app.ports.sandbox import SandboxRequest

Files = Mapping[str, bytes]
Open = Callable[[], Awaitable[FakeSandbox]]

STARTER = {path for path, _ in starter_files() if path.startswith("app/")}
USE = """
import json, sys
compiled = []
sys.addaudithook(lambda event, words: compiled.append(str(words[1])) if event == "compile" else None)
import app.main
from app.rendering import templates
for name in templates.list_templates(extensions=["html"]):
    templates.get_template(name)
print(json.dumps([path[path.rindex("/app/") + 1:] for path in compiled if "/app/" in path]))
"""


def files_of(goal: str) -> dict[str, bytes]:
    return {path: text.encode() for path, text in generate(understand(goal)).items()}


@pytest.fixture
def yoga() -> Files:
    return files_of("A booking app for a yoga studio")


@pytest.fixture
def open_sandbox(tmp_path: Path) -> Open:
    """Opens a sandbox that has the packages of an app, which are this service's as well."""
    runtime = FakeSandboxRuntime(tmp_path / "sandboxes")

    async def open_it() -> FakeSandbox:
        sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4())))
        (tmp_path / "sandboxes" / sandbox.id / ".venv").symlink_to(sys.prefix)
        return sandbox

    return open_it


@pytest.fixture
async def bytecode(open_sandbox: Open, tmp_path: Path) -> StarterBytecode:
    bytecode = StarterBytecode(tmp_path / "bytecode")
    await bytecode.make(await open_sandbox(), files_of("A list of notes"))
    return bytecode


@pytest.fixture
def host(bytecode: StarterBytecode, tmp_path: Path) -> AppHost:
    return AppHost(FakeSandboxRuntime(tmp_path / "others"), bytecode=bytecode)


async def compiled_by_using(sandbox: FakeSandbox, folder: str = ".") -> list[str]:
    """The files of an app in that folder that have to be compiled when all of it is used."""
    python = str(Path(sys.prefix) / "bin" / "python")
    result = await sandbox.run_command(("sh", "-c", 'cd "$0" && "$@"', folder, python, "-B", "-c", USE))
    assert result.exit_code == 0, result.output
    paths: list[str] = json.loads(result.output)
    return paths


async def test_an_app_compiles_only_what_is_its_own(host: AppHost, open_sandbox: Open, yoga: Files) -> None:
    sandbox = await open_sandbox()
    await host.write_app(sandbox, yoga)
    assert sorted(await compiled_by_using(sandbox)) == ["app/schema.py", "app/templates/art.html"]


async def test_the_copy_of_an_app_compiles_as_little(host: AppHost, open_sandbox: Open, yoga: Files) -> None:
    sandbox = await open_sandbox()
    await sandbox.write_files({f"elsewhere/{path}": content for path, content in yoga.items()})
    await host.add_bytecode(sandbox, yoga, folder="elsewhere")
    assert not STARTER & set(await compiled_by_using(sandbox, "elsewhere"))


async def test_without_it_an_app_compiles_everything(open_sandbox: Open, yoga: Files, tmp_path: Path) -> None:
    sandbox = await open_sandbox()
    not_made = StarterBytecode(tmp_path / "nothing")
    await AppHost(FakeSandboxRuntime(tmp_path / "others"), bytecode=not_made).write_app(sandbox, yoga)
    compiled = set(await compiled_by_using(sandbox))
    assert {"app/main.py", "app/templates/base.html"} <= compiled


async def test_what_is_changed_later_is_not_shadowed(
    host: AppHost, open_sandbox: Open, yoga: Files, tmp_path: Path
) -> None:
    sandbox = await open_sandbox()
    await host.write_app(sandbox, yoga)
    for path, old, new in (("app/clock.py", '"""', "'''"), ("app/templates/about.html", "<p", "<b")):
        # As long as before and, by its times, as old.
        file = tmp_path / "sandboxes" / sandbox.id / path
        times = file.stat()
        file.write_text(file.read_text().replace(old, new))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert {"app/clock.py", "app/templates/about.html"} <= set(await compiled_by_using(sandbox))


@pytest.mark.parametrize("path", ["app/clock.py", "app/rendering.py", "requirements.lock"])
def test_an_app_with_other_modules_or_packages_gets_nothing(
    bytecode: StarterBytecode, yoga: Files, path: str
) -> None:
    assert bytecode.beside(yoga)
    assert not bytecode.beside({**yoga, path: yoga[path] + b"\n"})
    assert not bytecode.beside({other: content for other, content in yoga.items() if other != path})


async def test_it_is_made_of_the_starter_alone(bytecode: StarterBytecode, yoga: Files) -> None:
    compiled = bytecode.beside(yoga)
    assert len(compiled) == len([path for path in STARTER if path.endswith((".py", ".html"))])
    assert all(path.startswith("app/__pycache__/") for path in compiled)
    assert not any("schema" in path for path in compiled)


async def test_one_that_was_cut_short_is_made_again(
    bytecode: StarterBytecode, open_sandbox: Open, yoga: Files, tmp_path: Path
) -> None:
    [kept] = (tmp_path / "bytecode").iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])
    after_a_crash = StarterBytecode(tmp_path / "bytecode")
    assert not after_a_crash.is_made
    assert not after_a_crash.beside(yoga)
    await after_a_crash.make(await open_sandbox(), yoga)
    assert after_a_crash.is_made


async def test_a_starter_that_cannot_be_compiled_leaves_nothing(open_sandbox: Open, tmp_path: Path) -> None:
    bytecode = StarterBytecode(tmp_path / "bytecode")
    with pytest.raises(BytecodeNotMade):
        await bytecode.make(await open_sandbox(), {"app/main.py": b"import nothing\n"})
    assert not bytecode.is_made
