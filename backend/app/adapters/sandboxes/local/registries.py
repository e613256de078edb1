"""Which package registries this machine's operator uses, asked of the operator's own tools.

No registry is named in this code: without any setting it is whatever uv, pip and npm would ask by themselves.
"""

from __future__ import annotations

import asyncio
import configparser
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.processes import said_by
from app.ports.sandbox import PackageRegistry, SandboxUnavailable

TOOL_TIMEOUT_S: Final = 30.0
CA_BUNDLE: Final = "/etc/cofounder/ca.pem"
_CA_SETTINGS: Final = ("SSL_CERT_FILE", "UV_SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
_NPMRC = re.compile(r"^\s*registry\s*=\s*['\"]?([^\s'\"]+)", re.MULTILINE)
_CA_NAMES_INSIDE: Final = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True)
class Registries:
    """The operator's registries. The addresses may hold credentials, which never go into a sandbox."""

    indexes: tuple[str, ...] = field(repr=False)
    """Of Python packages, the default one first."""
    npm: str | None = field(repr=False)
    """Only if the operator set one: else npm inside asks by itself where it would ask outside."""
    by_operator: bool
    """Whether the operator chose the indexes, so that they may lie on an internal network."""
    best_match: bool = False
    """Whether several indexes are searched as pip does it, for the best match in all of them."""
    ca_bundle: bytes | None = field(default=None, repr=False)

    def origins(self, kind: PackageRegistry) -> dict[Origin, bool]:
        """The origins of the registries themselves; True for one that may lie on an internal network."""
        if kind is PackageRegistry.PYTHON:
            return {origin: self.by_operator for url in self.indexes if (origin := origin_of(url))}
        origin = origin_of(self.npm) if self.npm else None
        return {origin: True} if origin else {}

    def environment(self) -> dict[str, str]:
        """The settings by which tools inside find the same registries, without credentials."""
        names = self.indexes_for_uv(tuple(without_credentials(url) for url in self.indexes))
        names["PIP_INDEX_URL"] = names["UV_DEFAULT_INDEX"]
        if "UV_INDEX" in names:
            names["PIP_EXTRA_INDEX_URL"] = names["UV_INDEX"]
        if self.npm:
            names["npm_config_registry"] = without_credentials(self.npm)
        if self.ca_bundle:
            names |= dict.fromkeys(_CA_NAMES_INSIDE, CA_BUNDLE)
        return names

    def indexes_for_uv(self, indexes: tuple[str, ...]) -> dict[str, str]:
        """uv's variables for these addresses."""
        names = {"UV_DEFAULT_INDEX": indexes[0]}
        if len(indexes) > 1:
            names["UV_INDEX"] = " ".join(indexes[1:])
        if self.best_match:
            names["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        return names


def origin_of(url: str) -> Origin | None:
    """The host and port behind a URL; None when it cannot be reached through TLS."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return Origin(parts.hostname.lower().removesuffix("."), parts.port or 443)


def without_credentials(url: str) -> str:
    """The same address without a user name or password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


async def read_registries(uv: Path, python: Path, environ: Mapping[str, str]) -> Registries:
    """Ask uv, then read the settings of pip and npm. SandboxUnavailable when uv cannot read its own settings."""
    # What uv would use if nobody had set anything: only beside it does it show what the operator chose.
    neutral = {name: value for name, value in environ.items() if not name.startswith("UV_")}
    of_operator, default = await asyncio.gather(
        _indexes_of_uv(uv, python, environ),
        _indexes_of_uv(uv, python, neutral, "--no-config"),
    )
    npm = await asyncio.to_thread(_setting_of_npm, environ)
    pip = await asyncio.to_thread(_settings_of_pip, environ)
    ca_bundle = await asyncio.to_thread(_ca_bundle, environ, pip)
    if of_operator == default and (extra := _indexes_of_pip(pip, default)) != default:
        return Registries(extra, npm, by_operator=True, best_match=len(extra) > 1, ca_bundle=ca_bundle)
    return Registries(of_operator, npm, by_operator=of_operator != default, ca_bundle=ca_bundle)


async def _indexes_of_uv(uv: Path, python: Path, environ: Mapping[str, str], *options: str) -> tuple[str, ...]:
    """uv itself prints the indexes that it would use for an empty list of packages."""
    command = [str(uv), "pip", "compile", "-", "--emit-index-url", "--no-header", "--offline", "--no-cache", "-q"]
    code, out, err = await run_tool([*command, "--python", str(python), *options], environ)
    indexes = {"--index-url": list[str](), "--extra-index-url": list[str]()}
    for line in out.splitlines():
        name, _, url = line.partition(" ")
        if name in indexes:
            indexes[name].append(url.strip())
    if code != 0 or not indexes["--index-url"]:
        raise SandboxUnavailable(
            f"uv does not tell which package index it uses: {err.strip() or out.strip()!r}.",
            remedy="Put uv's settings (UV_* variables, uv.toml) in order.",
        )
    return (*indexes["--index-url"], *indexes["--extra-index-url"])


def _setting_of_npm(environ: Mapping[str, str]) -> str | None:
    """The registry that the operator set, if any; asking npm itself takes half a second."""
    for name, value in environ.items():
        if name.lower() == "npm_config_registry" and value:
            return value
    home = Path(environ.get("HOME", "/nonexistent"))
    user_file = Path(
        environ.get("npm_config_userconfig") or environ.get("NPM_CONFIG_USERCONFIG") or home / ".npmrc"
    )
    for path in (user_file, Path("/etc/npmrc"), Path("/usr/etc/npmrc")):
        if path.is_file() and (match := _NPMRC.search(path.read_text(errors="replace"))):
            return re.sub(r"\$\{(\w+)\}", lambda name: environ.get(name[1], ""), match[1])
    return None


async def ask_npm(environ: Mapping[str, str]) -> str | None:
    """The registry that npm would ask; None when there is no npm here."""
    npm = shutil.which("npm", path=environ.get("PATH", ""))
    if npm is None:
        return None
    code, out, _ = await run_tool([npm, "config", "get", "registry"], environ)
    lines = [line.strip() for line in out.splitlines() if line.strip().startswith("http")]
    return lines[-1] if code == 0 and lines else None


async def run_tool(command: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit code, output and error output of one of the operator's tools, run where no project is."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd="/",
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await said_by(process, timeout_s=TOOL_TIMEOUT_S)
    return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")


def _settings_of_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """pip's settings by its own rules: later files win, and the environment wins over all."""
    settings: dict[str, str] = {}
    for path in _files_of_pip(environ):
        # Raw: a password in an address may have percent signs.
        parser = configparser.RawConfigParser()
        try:
            parser.read(path)
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= dict(parser[section])
    variables = {name: value for name, value in environ.items() if name.startswith("PIP_")}
    return settings | {name[4:].lower().replace("_", "-"): value for name, value in variables.items()}


def _files_of_pip(environ: Mapping[str, str]) -> list[Path]:
    home = Path(environ.get("HOME", "/nonexistent"))
    shared = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path(folder) / "pip/pip.conf" for folder in shared.split(":")]
    files += [Path("/etc/pip.conf"), home / ".pip/pip.conf", user / "pip/pip.conf", Path(sys.prefix) / "pip.conf"]
    if config_file := environ.get("PIP_CONFIG_FILE"):
        # pip's own way to say: read no file at all.
        return [] if config_file == "/dev/null" else [*files, Path(config_file)]
    return files


def _indexes_of_pip(pip: Mapping[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    """The registries that can be reached from a sandbox; folders of this machine cannot."""
    extra = [url for url in pip.get("extra-index-url", "").split() if origin_of(url)]
    return (pip.get("index-url", default[0]).strip(), *extra)


def _ca_bundle(environ: Mapping[str, str], pip: Mapping[str, str]) -> bytes | None:
    bundles = [environ.get(name) for name in _CA_SETTINGS]
    for path in [*bundles, pip.get("cert")]:
        if path and Path(path).is_file():
            return Path(path).read_bytes()
    return None
