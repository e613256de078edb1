"""Where no sandbox can be made the person is told what to type; where the kernel can limit one, it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.adapters.sandboxes.local.cgroup import Cgroup, find_delegated
from app.adapters.sandboxes.local.diagnosis import diagnose
from app.ports.sandbox import SandboxLimits, SandboxUnavailable
from tests.adapters.sandboxes.weaker import MakeRuntime

REFUSED = "bwrap: setting up uid map: Permission denied"


def settings(folder: Path, **values: str) -> Path:
    for name, value in ({"user/max_user_namespaces": "1000"} | values).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return folder


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces="),
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ],
)
def test_a_kernel_setting_is_named_with_the_command_that_changes_it(
    tmp_path: Path, setting: str, value: str, remedy: str
) -> None:
    found = diagnose(REFUSED, sysctl=settings(tmp_path, **{setting: value}))

    assert remedy in found.remedy


def test_other_reasons_are_told_apart(tmp_path: Path) -> None:
    good = settings(tmp_path, **{"kernel/unprivileged_userns_clone": "1"})

    assert "container" in diagnose(REFUSED, sysctl=good).remedy
    assert "COFOUNDER_BWRAP" in diagnose("bwrap: Unknown option --disable-userns", sysctl=good).remedy
    assert "odd" in str(diagnose("bwrap: something odd", sysctl=good))


async def test_a_missing_bubblewrap_is_said_to_be_missing(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime()
    runtime._launchers.clear()

    with pytest.raises(SandboxUnavailable, match="not on this machine") as refusal:
        await runtime.probe()
    assert "install bubblewrap" in refusal.value.remedy


async def test_a_program_that_is_not_bubblewrap_is_no_sandbox(make_runtime: MakeRuntime) -> None:
    for program in ("/bin/true", "/bin/false", "/nonexistent/bwrap"):
        with pytest.raises(SandboxUnavailable):
            await make_runtime(bwrap=Path(program)).probe()


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    """Files where a kernel with the unified hierarchy has its controls; the service is in a/b/own."""
    folder = tmp_path / "cgroup"
    (folder / "a/b/own").mkdir(parents=True)
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (folder / "a/b" / name).write_text("cpu memory pids\n")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.write_text("4:memory:/elsewhere\n0::/a/b/own\n")
    return path


def delegate(folder: Path) -> None:
    try:
        os.setxattr(folder, "user.delegate", b"1")
    except OSError as error:
        pytest.skip(f"this file system keeps no attributes: {error}")


def test_a_cgroup_is_used_only_where_it_was_delegated(mount: Path, own: Path, tmp_path: Path) -> None:
    assert find_delegated(mount=mount, own=own) is None
    delegate(mount / "a")
    assert find_delegated(mount=mount, own=own) == mount / "a/b"

    (mount / "a/b/cgroup.controllers").write_text("cpu pids\n")
    (mount / "a/b/cgroup.subtree_control").write_text("\n")
    assert find_delegated(mount=mount, own=own) is None
    assert find_delegated(mount=mount, own=tmp_path / "none") is None


def test_controllers_are_asked_for_where_they_are_offered(mount: Path, own: Path) -> None:
    delegate(mount / "a/b")
    (mount / "a/b/cgroup.subtree_control").write_text("cpu pids\n")

    assert find_delegated(mount=mount, own=own) == mount / "a/b"
    assert (mount / "a/b/cgroup.subtree_control").read_text() == "+memory"


def test_the_limits_and_the_processes_are_written_to_the_cgroup(mount: Path) -> None:
    made = Cgroup.around((11, 12), mount / "a/b", "name", SandboxLimits(memory_bytes=1000, processes=10))

    assert made is not None
    assert made.folder == mount / "a/b/cofounder-name"
    assert (made.folder / "memory.max").read_text() == "1000"
    assert int((made.folder / "pids.max").read_text()) > 10
    assert (made.folder / "cgroup.procs").read_text() == "12"
    assert not made.ran_out_of_memory
    (made.folder / "memory.events").write_text("low 0\noom 1\noom_kill 3\n")
    assert made.ran_out_of_memory


def test_without_permission_there_is_no_cgroup_and_no_error(tmp_path: Path) -> None:
    assert Cgroup.around((1,), tmp_path / "missing", "name", SandboxLimits()) is None
