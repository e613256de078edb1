"""The one place log lines pass through; secrets are masked before anything is kept."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

import structlog

from app.telemetry.plain import plain_entry

MASK: Final = "***"

_PATTERNS: Final = (
    re.compile(r"(?i)(bearer\s+)[\w.~+/=-]{8,}"),
    re.compile(
        r"(?i)((?:password|passwd|secret|token|api[_-]?key|authorization)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]{4,}"
    ),
    # The password in the address of a database or a cache.
    re.compile(r"(\w+://[^:/@\s]*:)[^@/\s]+(?=@)"),
    # Links and cookies that open an app; a traceback of the proxy once wrote one into its log.
    re.compile(r"(\bcf_(?:access|preview\w*)(?:=|%3D))[^\s&;,\"'<>\\]+"),
    # Keys that tell by their first letters that they are: of models, payments, hooks, git hosts and chats. The
    # empty group stands where the others keep what is before the secret.
    re.compile(r"()\b(?:sk|pk|rk|whsec|ghp|xox[abp])[-_][\w-]{12,}"),
)


class Redactor:
    """Masks what looks like a secret and every secret it was told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, since a secret may hold another one. One of a few characters would mask plain words.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)

    def text(self, value: str) -> str:
        """The text without its secrets."""
        for secret in self._secrets:
            value = value.replace(secret, MASK)
        for pattern in _PATTERNS:
            value = pattern.sub(lambda match: match.group(1) + MASK, value)
        return value

    def value(self, value: Any) -> Any:
        """The same for nested values."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {key: self.value(member) for key, member in value.items()}
            case list() | tuple():
                return [self.value(member) for member in value]
            case None | bool() | int() | float():
                return value
            case _:
                # The renderer would write the object by its repr, behind the redactor.
                return self.text(repr(value))

    def __call__(self, _logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As a structlog processor."""
        return {key: self.value(value) for key, value in event.items()}


def _render_plain(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    return plain_entry(event, whole=True)


def configure_logging(level: str, *, secrets: Iterable[str] = ()) -> Redactor:
    """Send every log line, ours and the libraries', to stderr through one redactor.

    They are JSON, but for sentences where a person looks on.
    """
    redactor = Redactor(secrets)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Before the redactor, which then sees the text of the traceback too.
            structlog.processors.format_exc_info,
            redactor,
            _render_plain if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Their lines hold whole addresses, and a line for each request fills the log.
    for noisy in ("uvicorn.access", "alembic", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return redactor
