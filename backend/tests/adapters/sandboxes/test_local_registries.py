"""The operator's registries are found by asking the operator's tools, and secrets stay outside."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from app.adapters.sandboxes import local
from app.adapters.sandboxes.local.access import RegistryAccess
from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.hosts import links_of_html, links_of_json
from app.adapters.sandboxes.local.registries import Registries, origin_of, read_registries, run_tool
from app.core.addresses import Resolver
from app.ports.sandbox import PackageRegistry, SandboxUnavailable
from tests.contracts.unheard import all_errors_heard

UV = Path(find_uv_bin())
PYTHON, NPM = PackageRegistry


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


async def read(home: Path, **environ: str) -> Registries:
    """As seen by an operator who has this home and nothing set but this."""
    usual = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PIP_CONFIG_FILE": os.devnull}
    return await read_registries(UV, Path(sys.executable), usual | environ)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def test_without_settings_it_is_what_uv_says_it_would_ask(home: Path) -> None:
    found = await read(home)

    _, says, _ = await run_tool([str(UV), "pip", "install", "--help"], os.environ)
    assert len(found.indexes) == 1
    assert f"<{found.indexes[0]}>" in says
    assert not found.by_operator
    assert list(found.origins(PYTHON).values()) == [False]


async def test_no_registry_is_named_in_the_code(home: Path) -> None:
    (default,) = (await read(home)).origins(PYTHON)

    for source in [*Path(local.__file__).parent.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]:
        assert default.host not in source.read_text(), source


async def test_the_settings_of_uv_come_first(home: Path) -> None:
    write(home / ".config/uv/uv.toml", '[[index]]\nurl = "https://file.test/simple"\ndefault = true\n')
    assert (await read(home)).indexes == ("https://file.test/simple",)

    found = await read(
        home,
        UV_DEFAULT_INDEX="https://env.test:8443/simple",
        UV_INDEX="https://more.test/simple",
        PIP_INDEX_URL="https://pip.test/simple",
    )
    assert found.indexes == ("https://env.test:8443/simple", "https://more.test/simple")
    assert found.origins(PYTHON) == {Origin("env.test", 8443): True, Origin("more.test", 443): True}
    assert found.environment()["UV_INDEX"] == "https://more.test/simple"


async def test_the_settings_of_pip_count_where_uv_has_none(home: Path) -> None:
    write(
        home / ".config/pip/pip.conf",
        "[global]\nindex-url = https://file.test/simple\n"
        "extra-index-url =\n    https://more.test/simple\n    file:///srv/wheels\n",
    )
    usual = {"PIP_CONFIG_FILE": ""}

    found = await read(home, **usual)
    assert found.indexes == ("https://file.test/simple", "https://more.test/simple")
    assert found.environment()["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    found = await read(home, PIP_INDEX_URL="https://env.test/simple", **usual)
    assert found.indexes[0] == "https://env.test/simple"


async def test_npm_is_set_only_when_the_operator_set_it(home: Path) -> None:
    assert "npm_config_registry" not in (await read(home)).environment()

    write(home / ".npmrc", "fund=false\nregistry=https://${NPM_HOST}/npm/\n")
    assert (await read(home, NPM_HOST="npm.test")).npm == "https://npm.test/npm/"
    found = await read(home, NPM_CONFIG_REGISTRY="https://env.test/")
    assert found.environment()["npm_config_registry"] == "https://env.test/"
    assert found.origins(NPM) == {Origin("env.test", 443): True}
    assert Origin("env.test", 443) not in found.origins(PYTHON)


async def test_credentials_go_into_no_sandbox_and_no_log(home: Path) -> None:
    found = await read(
        home,
        UV_DEFAULT_INDEX="https://ada:hunter2@mirror.test/simple",
        UV_INDEX="https://bob:hunter3@more.test/simple",
        NPM_CONFIG_REGISTRY="https://eve:hunter4@npm.test/",
    )

    assert "hunter" not in f"{found!r} {found.environment()}"
    assert found.environment()["UV_DEFAULT_INDEX"] == "https://mirror.test/simple"
    assert "hunter2" in found.indexes[0]


async def test_the_operators_certificates_are_taken_along(home: Path) -> None:
    bundle = write(home / "ca.pem", "certificates")

    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
        found = await read(home, **{name: str(bundle)})
        assert found.ca_bundle == b"certificates"
        assert found.environment()["SSL_CERT_FILE"] == "/etc/cofounder/ca.pem"
    assert "SSL_CERT_FILE" not in (await read(home)).environment()


async def test_settings_that_uv_cannot_read_are_said_to_be_wrong(home: Path) -> None:
    write(home / ".config/uv/uv.toml", "this is no toml")

    with pytest.raises(SandboxUnavailable) as refusal:
        await read(home)
    assert "uv.toml" in refusal.value.remedy


@pytest.mark.parametrize("url", ["http://plain.test/simple", "file:///srv/wheels", "https:///simple", "/wheels"])
def test_what_cannot_be_reached_through_tls_has_no_origin(url: str) -> None:
    assert origin_of(url) is None


def test_links_are_read_from_all_kinds_of_answers() -> None:
    assert links_of_html('<a class="x" HREF="../a.whl?x=1&amp;y=2#sha">a</a>') == ["../a.whl?x=1&y=2#sha"]
    assert links_of_json({"files": [{"url": "a.whl"}]}) == ["a.whl"]
    assert links_of_json({"versions": {"1": {"dist": {"tarball": "a.tgz"}}}}) == ["a.tgz"]
    nothing: tuple[Any, ...] = ([], {}, {"files": 3}, {"versions": {"1": {}}}, "text")
    for nonsense in nothing:
        with pytest.raises(ValueError, match="registry"):
            links_of_json(nonsense)


async def test_a_failure_while_looking_ahead_is_told_to_whoever_needs_the_registries(home: Path) -> None:
    missing: dict[str, Any] = {
        "uv": home / "no-uv",
        "python": Path(sys.executable),
        "environ": {},
        "resolver": Resolver(),
    }
    async with all_errors_heard():
        access = RegistryAccess(**missing)
        await access.egress().close()
        await asyncio.wait([task for task in asyncio.all_tasks() if task is not asyncio.current_task()], timeout=5)
        del access
    with pytest.raises(FileNotFoundError):
        await RegistryAccess(**missing).allowed()
