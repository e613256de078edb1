"""A project's versions as a git repository: a bundle to take along, or pushed to a server of the founder's."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from app.core.errors import AppError, ConfigurationError, InvalidInput
from app.core.settings import process_environment

log = structlog.get_logger(__name__)

TOKEN_VARIABLE: Final = "COFOUNDER_PUSH_TOKEN"
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,60}){0,3}")
_LOCAL_S: Final = 120.0
_PUSH_S: Final = 300.0
_AUTHOR: Final = "Co-Founder <co-founder@localhost>"
# Nothing leaves this machine on the way there, so plain HTTP gives no token away.
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
# git asks this program for the name and for the password; the token is in the environment of that git alone.
_ASKPASS: Final = f"""#!/bin/sh
case "$1" in Username*) echo x-access-token ;; *) printf '%s\\n' "${TOKEN_VARIABLE}" ;; esac
"""
# All that git may know of this computer: the way to a server, and nothing of whose it is.
_PASSED_ON: Final = ("PATH", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO")


class PushRefused(AppError):
    """The server did not take what was pushed."""

    status, code, title = 502, "push_refused", "The server did not take it"


@dataclass(frozen=True)
class Commit:
    """One version as a commit."""

    number: int
    message: str
    moment: datetime
    files: AsyncIterable[tuple[str, bytes]]


@dataclass(frozen=True)
class Pushed:
    """The branch and commit that a push has made."""

    url: str
    branch: str
    commit: str


async def make_bundle(commits: Sequence[Commit]) -> bytes:
    """A git bundle with every version: `git clone FILE`. ConfigurationError without git."""
    async with _temporary_repository(commits) as folder:
        await _run_git(folder, "bundle", "create", "--quiet", "out.bundle", "main", "--tags")
        return await asyncio.to_thread((folder / "out.bundle").read_bytes)


async def push(
    commits: Sequence[Commit], *, url: str, branch: str, token: str, within_s: float = _PUSH_S
) -> Pushed:
    """Push every version to a branch of a server, which is never forced. The token is used for this alone.

    InvalidInput, PushRefused, ConfigurationError.
    """
    _require_pushable(url, branch, token)
    async with _temporary_repository(commits) as folder:
        askpass = folder / "askpass.sh"
        askpass.write_text(_ASKPASS)
        askpass.chmod(0o700)
        refs = [f"refs/heads/main:refs/heads/{branch}"]
        secret = {"GIT_ASKPASS": str(askpass), TOKEN_VARIABLE: token}
        # A redirect could hand the token to somebody else.
        quiet = ("-c", "credential.helper=", "-c", "http.followRedirects=false")
        arguments = (*quiet, "push", "--porcelain", url, *refs)
        code, output = await _run_process(folder, arguments, secret, within_s=within_s)
        if code != 0:
            raise _refusal_for(_hide_token(token, output), branch)
        _, commit = await _run_process(folder, ("rev-parse", "main"), {}, within_s=_LOCAL_S)
        return Pushed(url, branch, commit.strip())


def _hide_token(token: str, output: str) -> str:
    """The words of the server without the token, also as it is sent: a server may repeat what it got."""
    sent = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return output.replace(sent, "***").replace(token, "***")


def _require_pushable(url: str, branch: str, token: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or not parts.path.strip("/"):
        raise InvalidInput("The address has to be one that git pushes to, such as https://example.com/me/app.git.")
    # A password in an address would stand in process lists and logs.
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidInput("The address holds more than a server and a path; the token has a field of its own.")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise InvalidInput("The token would travel unencrypted. Use the https address of the server.")
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".", ".lock")):
        raise InvalidInput("The branch cannot be called that. Use letters, digits, dots and dashes.")
    if not token or not token.isascii() or not token.isprintable():
        raise InvalidInput("The token is empty, or no token that a server gives.")


def _refusal_for(output: str, branch: str) -> AppError:
    log.info("push_refused", said=output[-2_000:])
    if re.search(r"authentication failed|could not read|access denied|403|401", output, re.I):
        return PushRefused(
            "The server did not accept the token, or the token may not write there.",
            remedy="Make a new token that may write to this repository.",
        )
    if re.search(r"rejected|fetch first|non-fast-forward", output, re.I):
        return PushRefused(
            f"The branch {branch!r} of the server has other work on it, and nothing there is overwritten.",
            remedy="Push to another branch, or to a new repository.",
        )
    if re.search(r"not found|does not appear to be a git", output, re.I):
        return PushRefused("There is no repository at this address.", remedy="Make an empty one there first.")
    return PushRefused("The server cannot be reached, or did not take it.", remedy="Look at the address again.")


@asynccontextmanager
async def _temporary_repository(commits: Sequence[Commit]) -> AsyncIterator[Path]:
    """A bare repository with the versions as commits, which is gone afterwards; equal ones are equal."""
    if shutil.which("git", path=process_environment().get("PATH")) is None:
        raise ConfigurationError("git is not installed here.", remedy="Install git, or take the zip.")
    with tempfile.TemporaryDirectory(prefix="cofounder-git-") as name:
        folder = Path(name)
        await _run_git(folder, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        await _import_commits(folder, commits)
        yield folder


async def _import_commits(folder: Path, commits: Sequence[Commit]) -> None:
    command = ("git", "fast-import", "--quiet", "--done")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=_git_environment(folder), stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        async with asyncio.timeout(_LOCAL_S):
            for commit in commits:
                process.stdin.write(_commit_header(commit))
                async for path, content in commit.files:
                    process.stdin.write(_file_entry(path, content))
                    await process.stdin.drain()
                process.stdin.write(b"\nreset refs/tags/v%d\nfrom refs/heads/main\n\n" % commit.number)
            process.stdin.write(b"done\n")
            process.stdin.close()
            code = await process.wait()
    except (TimeoutError, ConnectionError) as error:
        # A git that gives up closes its end of the pipe, and says why on standard error.
        raise _not_taken() from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise _not_taken()


def _not_taken() -> ConfigurationError:
    return ConfigurationError("git could not take the versions.", remedy="Take the zip instead.")


def _commit_header(commit: Commit) -> bytes:
    message = commit.message.encode()
    who = f"{_AUTHOR} {int(commit.moment.timestamp())} +0000"
    head = f"commit refs/heads/main\ncommitter {who}\ndata {len(message)}\n".encode()
    # Each version is its whole tree: what an earlier one had is not in it by itself.
    return head + message + b"\ndeleteall\n"


def _file_entry(path: str, content: bytes) -> bytes:
    mode = "100755" if path.endswith(".sh") else "100644"
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'M {mode} inline "{quoted}"\ndata {len(content)}\n'.encode() + content + b"\n"


def _git_environment(folder: Path) -> dict[str, str]:
    """The environment of git: none of the settings of this computer, no question at a terminal."""
    ours = process_environment()
    passed: dict[str, str] = {name: ours[name] for name in (*_PASSED_ON, *_CERTIFICATES) if name in ours}
    return {
        **passed,
        "HOME": str(folder),
        "GIT_DIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        # Others, such as ext, start programs that the address names.
        "GIT_ALLOW_PROTOCOL": "http:https",
        # The refusals are told apart by git's English words.
        "LC_ALL": "C",
    }


async def _run_git(folder: Path, *arguments: str) -> None:
    code, output = await _run_process(folder, arguments, {}, within_s=_LOCAL_S)
    if code != 0:
        log.warning("git_failed", command=arguments[0], said=output[-2_000:])
        raise ConfigurationError("git could not write the versions.", remedy="Take the zip instead.")


async def _run_process(
    folder: Path, arguments: Sequence[str], more: dict[str, str], *, within_s: float
) -> tuple[int, str]:
    """The exit code of git and what it said."""
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        cwd=folder,
        env={**_git_environment(folder), **more},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # So that what git starts can be ended with it.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(within_s):
            output, _ = await process.communicate()
    except TimeoutError:
        return 1, "timed out"
    finally:
        if process.returncode is None:
            # git leaves the talking to programs of its own, which have the token too and would go on without it.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace")
