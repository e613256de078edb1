"""The checks that only read the files: all there, readable, without plain mistakes, without secrets."""

from __future__ import annotations

import ast
import json
import re
import threading
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from app.acceptance.evidence import Findings
from app.acceptance.undefined_names import undefined_names
from app.blueprint.generate.tree import starter_files
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import missing_files

Files = Mapping[str, bytes]

_SECRETS: Final = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b"),
    "a key of an AI provider": re.compile(rb"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"),
    "a Stripe key": re.compile(rb"\b[rs]k_live_[A-Za-z0-9]{20,}\b"),
    "a Slack token": re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Google key": re.compile(rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a password in an address": re.compile(
        rb"\b[a-z][a-z0-9+]{2,15}://[^\s:/@\"'{}$<>]+:[^\s:/@\"'{}$<>]{3,}@[^\s\"']+"
    ),
    "an access token": re.compile(rb"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}"),
}
_ASSIGNED: Final = re.compile(
    rb"(?im)^[^#\n]*?\b\w*(?:secret|passw(?:or)?d|api_?key|access_?token)\w*\s*[:=]\s*['\"]([^'\"\s{}<>$]{16,})['\"]"
)
_SOURCE: Final = (".py", ".js", ".ts", ".sh", ".env", ".toml", ".yaml", ".yml", ".ini", ".cfg")


_PARSER: Final = threading.Lock()
"""Python 3.11 counts its parser's depth in one place for all threads: two at once can end in a SystemError."""

_REMEMBERED: Final = 512
"""Verdicts that are kept: a project's next build has most files of the last."""


def require_files(files: Files) -> Findings:
    """Every file that an app must have."""
    missing = missing_files(files)
    if missing:
        raise BuildFailed(FailureCode.INCOMPLETE, log=f"missing: {', '.join(missing)}")
    return Findings(f"{len(files)} files, every required one is there")


def parse_sources(files: Files) -> Findings:
    """Every source file can be read and compiled."""
    own_files = _own_files(files)
    parsed = 0
    for path, content in own_files.items():
        try:
            if path.endswith(".py"):
                _compile(path, content)
            elif path.endswith(".json"):
                json.loads(content)
            else:
                continue
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise BuildFailed(FailureCode.PARSE, log=f"{path}: {error}") from error
        parsed += 1
    return Findings(f"{parsed} source files parse and compile{_those_left_out(files, own_files, '.py', '.json')}")


def _own_files(files: Files) -> Files:
    """Those that are not the starter's, byte for byte: our tests hold that these pass, in every instance alike."""
    ours = _starter()
    return {path: content for path, content in files.items() if ours.get(path) != content}


@cache
def _starter() -> Files:
    return {path: text.encode() for path, text in starter_files()}


def _those_left_out(files: Files, own_files: Files, *endings: str) -> str:
    left_out = sum(path.endswith(endings or "") for path in files.keys() - own_files.keys())
    return f"; {left_out} more are as in every app" if left_out else ""


@lru_cache(_REMEMBERED)
def _compile(path: str, content: bytes) -> None:
    with _PARSER:
        # Without the `__future__` imports of this file, which would change what is compiled.
        compile(content, path, "exec", dont_inherit=True)


@lru_cache(_REMEMBERED)
def _undefined_in(path: str, content: bytes) -> tuple[tuple[int, str], ...]:
    with _PARSER:
        tree = ast.parse(content, path)
    return tuple(undefined_names(tree))


def lint_sources(files: Files) -> Findings:
    """No name is used that nothing defines."""
    own_files = _own_files(files)
    faults: list[str] = []
    checked = 0
    for path, content in own_files.items():
        if path.endswith(".py"):
            checked += 1
            faults += [f"{path}:{line}: undefined name {name!r}" for line, name in _undefined_in(path, content)]
    if faults:
        raise BuildFailed(FailureCode.LINT, log="\n".join(faults[:40]))
    return Findings(f"{checked} Python files, no undefined name{_those_left_out(files, own_files, '.py')}")


def refuse_secrets(files: Files) -> Findings:
    """Nothing in the tree looks like a key, a token or a password."""
    own_files = _own_files(files)
    for path, content in own_files.items():
        if what := _secret_in(path, content):
            raise BuildFailed(FailureCode.SECRET, log=f"{path}: {what}")
    return Findings(f"no key, token or password in {len(own_files)} files{_those_left_out(files, own_files)}")


@lru_cache(_REMEMBERED)
def _secret_in(path: str, content: bytes) -> str:
    what = next((name for name, pattern in _SECRETS.items() if pattern.search(content)), "")
    if not what and path.endswith(_SOURCE) and (match := _ASSIGNED.search(content)) and _is_random(match[1]):
        what = "a password or key written out"
    return what


def _is_random(value: bytes) -> bool:
    """True if a text looks generated rather than typed: letters and digits mixed."""
    # "correct-horse-battery" in a test is no leak.
    return bool(re.search(rb"[0-9]", value)) and len(set(value)) > 9
