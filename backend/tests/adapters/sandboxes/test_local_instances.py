"""Finding sandboxes and ending them from anywhere, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

import app
from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.instances import Instance, new_directory, sweep
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from app.adapters.sandboxes.local.trees import TreeTooDeep, disk_usage, remove_tree
from app.core.disk import is_disk_full
from app.core.ids import JobId, SandboxId
from app.ports.sandbox import SandboxGone, SandboxRequest, SandboxUnavailable
from app.supervision.process import ProcessKey, boot_id, process_key
from tests.adapters.sandboxes.weaker import MakeRuntime, is_root, started

OWNER = Path(__file__).with_name("owner.py")
BACKEND = Path(app.__file__).parents[1]


@asynccontextmanager
async def owner(root: Path, word: str = "own") -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(OWNER), str(root), word),
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def owned(process: asyncio.subprocess.Process) -> SandboxId:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return SandboxId((await process.stdout.readline()).decode().strip())


def family(sandbox_id: SandboxId) -> list[psutil.Process]:
    outer = psutil.Process(int(sandbox_id.split("-")[0]))
    return [outer, *outer.children(recursive=True)]


async def ended(processes: list[psutil.Process]) -> None:
    async with asyncio.timeout(10):
        while any(process_key(process.pid) for process in processes):  # noqa: ASYNC110 - they are not our children
            await asyncio.sleep(0.005)


async def test_any_process_can_end_a_sandbox_by_its_id(make_runtime: MakeRuntime, root: Path) -> None:
    runtime = make_runtime(root=root)
    async with started(runtime) as sandbox:
        processes = family(sandbox.id)
        async with owner(root, sandbox.id) as other:
            assert await other.wait() == 0
        await ended(processes)
        await asyncio.wait_for(sandbox.wait_gone(), 5)
        with pytest.raises(SandboxGone):
            await sandbox.run_command(["true"])
    assert list(root.iterdir()) == []


async def test_a_sandbox_dies_with_its_owner_and_its_rest_is_found_and_removed(
    make_runtime: MakeRuntime, root: Path
) -> None:
    async with owner(root) as process:
        sandbox_id = await owned(process)
        processes = family(sandbox_id)
        assert len(processes) >= 4
        assert list(await make_runtime(root=root).list_ended()) == []
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await ended(processes)

    runtime = make_runtime(root=root)
    assert list(await runtime.list_ids()) == list(await runtime.list_ended()) == [sandbox_id]
    await runtime.kill(sandbox_id)
    assert await runtime.list_ids() == {}
    assert list(root.iterdir()) == []


async def test_a_stopped_owner_loses_its_sandbox_all_the_same(make_runtime: MakeRuntime, root: Path) -> None:
    async with owner(root) as process:
        sandbox_id = await owned(process)
        processes = family(sandbox_id)
        process.send_signal(signal.SIGSTOP)

        await make_runtime(root=root).kill(sandbox_id)

        await ended(processes)
        assert list(root.iterdir()) == []


async def test_a_used_again_process_number_is_never_killed(make_runtime: MakeRuntime, root: Path) -> None:
    innocent = await asyncio.create_subprocess_exec("sleep", "60")
    instance = Instance.create(new_directory(root), JobId(uuid.uuid4()), "build")
    of_another_time = ProcessKey(innocent.pid, f"{boot_id()}:1")
    left = instance.running(of_another_time, of_another_time)
    left.save()

    await make_runtime(root=root).kill(left.id)

    assert process_key(innocent.pid) is not None
    assert list(root.iterdir()) == []
    innocent.kill()
    await innocent.wait()


async def test_what_ran_before_the_machine_was_started_anew_is_only_removed(
    make_runtime: MakeRuntime, root: Path
) -> None:
    innocent = await asyncio.create_subprocess_exec("sleep", "60")
    same = process_key(innocent.pid)
    assert same is not None
    instance = Instance.create(new_directory(root), JobId(uuid.uuid4()), "build").running(same, same)
    instance.save()
    state = (instance.directory / "state.json").read_text()
    (instance.directory / "state.json").write_text(state.replace(boot_id(), "another"))

    await make_runtime(root=root).kill(instance.id)

    assert process_key(innocent.pid) == same
    assert list(root.iterdir()) == []
    innocent.kill()
    await innocent.wait()


async def test_a_sandbox_is_known_by_its_job_before_it_runs(make_runtime: MakeRuntime, root: Path) -> None:
    job = JobId(uuid.uuid4())
    instance = Instance.create(new_directory(root), job, "build")
    runtime = make_runtime(root=root)

    assert await runtime.list_ids() == {instance.id: job}
    assert list(await runtime.list_ended()) == [], "it is about to run"
    await runtime.kill(instance.id)
    assert await runtime.list_ids() == {}


async def test_a_probe_is_not_in_the_list_of_those_that_may_be_ended(
    make_runtime: MakeRuntime, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime(root=root)
    seen: list[int] = []
    kill = LocalSandbox.kill

    async def listed_before_its_end(sandbox: LocalSandbox) -> None:
        seen.append(len(await runtime.list_ids()))
        await kill(sandbox)

    monkeypatch.setattr(LocalSandbox, "kill", listed_before_its_end)
    await runtime.probe()

    assert seen == [0]
    assert list(root.iterdir()) == []


async def test_removal_never_follows_a_link_out(make_runtime: MakeRuntime, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    async with started(make_runtime(root=root)) as sandbox:
        await sandbox.run_command(["sh", "-c", f"ln -s {outside} link; ln -s / root; cd; ln -s {outside} link"])

    assert (outside / "kept").read_text() == "kept"
    assert list(root.iterdir()) == []


async def test_closed_and_endlessly_nested_directories_are_removed(make_runtime: MakeRuntime, root: Path) -> None:
    nest = "import os\nfor _ in range(3000):\n    os.mkdir('d' * 200)\n    os.chdir('d' * 200)"
    async with started(make_runtime(root=root)) as sandbox:
        await sandbox.run_command(["sh", "-c", "mkdir -p a/b && touch a/b/c && chmod 0 a/b a/b/c && chmod 0 a ."])
        await sandbox.run_command(["python3", "-c", f"import os\\nos.chdir('/home/app')\\n{nest}"])

    assert list(root.iterdir()) == []


async def test_a_failed_start_leaves_nothing(make_runtime: MakeRuntime, root: Path) -> None:
    runtime = make_runtime(root=root, bwrap=Path("/bin/false"))

    with pytest.raises(SandboxUnavailable):
        await runtime.probe()

    assert list(root.iterdir()) == []


async def test_on_a_full_disk_no_sandbox_can_be_made(make_runtime: MakeRuntime, small_disk: Path) -> None:
    runtime = make_runtime(root=small_disk / "sandboxes")
    await runtime.probe()
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4096):
            pass

    with pytest.raises(SandboxUnavailable) as refusal:
        await runtime.start(SandboxRequest(JobId(uuid.uuid4()), network=False))

    assert is_disk_full(refusal.value)
    assert list((small_disk / "sandboxes").iterdir()) == []


async def test_a_cancelled_start_leaves_nothing(make_runtime: MakeRuntime, root: Path) -> None:
    runtime = make_runtime(root=root)
    await runtime.probe()
    before = len(psutil.Process().children())
    for turns in range(0, 80, 4):
        task = asyncio.create_task(runtime.start(SandboxRequest(JobId(uuid.uuid4()), network=False)))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, LocalSandbox):
            await outcome.kill()
        assert list(root.iterdir()) == []
        assert len(psutil.Process().children()) == before


async def test_nothing_of_this_process_leaks_over_many_sandboxes(runtime: LocalSandboxRuntime) -> None:
    me = psutil.Process()
    async with started(runtime, network=True) as sandbox:
        await sandbox.run_command(["true"])
    await runtime._access.allowed()
    gc.collect()  # what earlier tests dropped closes its files now, and not while they are counted
    before = me.num_fds(), len(me.children())
    for _ in range(5):
        async with started(runtime, network=True) as sandbox:
            await sandbox.run_command(["sh", "-c", "sleep 100 & echo hi"])
            await sandbox.run_background(["sleep", "100"])
            (await asyncio.gather(sandbox.connect(3128)))[0].close()
    assert (me.num_fds(), len(me.children())) == before


def test_incomplete_directories_are_swept_when_they_are_old(root: Path) -> None:
    for name, age in ((".old", 7200), (".new", 0), ("abc", 7200)):
        (root / name).mkdir(parents=True)
        os.utime(root / name, (0, (root / name).stat().st_mtime - age))

    sweep(root)

    assert sorted(path.name for path in root.iterdir()) == [".new", "abc"]


def test_removal_is_idempotent(tmp_path: Path) -> None:
    remove_tree(tmp_path / "never-was")
    remove_tree(tmp_path / "nor" / "this")


def test_disk_usage_counts_every_name_and_hard_links_once(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "big").write_bytes(b"x" * 100_000)
    one = disk_usage(tree)
    os.link(tree / "big", tree / "again")
    (tree / "away").symlink_to("/usr")

    assert 100_000 <= one < 110_000
    assert disk_usage(tree) == one + 4096


def test_a_tree_that_goes_on_and_on_is_said_to_be_too_deep(tmp_path: Path) -> None:
    (tmp_path / "tree" / Path(*["d"] * 150)).mkdir(parents=True)

    with pytest.raises(TreeTooDeep):
        disk_usage(tmp_path / "tree")


@pytest.mark.skipif(is_root(), reason="root opens closed directories anyway")
def test_a_closed_directory_is_measured_all_the_same(tmp_path: Path) -> None:
    shut = tmp_path / "tree" / "shut"
    shut.mkdir(parents=True)
    (shut / "big").write_bytes(b"x" * 100_000)
    shut.chmod(0)

    assert disk_usage(tmp_path / "tree") > 100_000
