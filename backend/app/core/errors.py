"""Every error a person can meet: what happened, why, and what to do next.

AppError
├── InvalidInput 422             ├── Conflict 409
│   └── IdempotencyKeyReused     │   ├── PortTaken, GatePending, BuildInProgress
├── PayloadTooLarge 413          │   ├── ProjectParked, AlreadyTerminal, NotReady
├── Unauthenticated 401          │   └── EngineUnavailable, GateAlreadyDecided, IllegalTransition
├── SubscriptionRequired 402     ├── HostRefused 421
├── Forbidden 403                ├── Unavailable 503
├── NotFound 404                 │   └── QueueFull
└── ConfigurationError           └── further ones beside the service that raises them
"""

from __future__ import annotations

from typing import Any, ClassVar


class AppError(Exception):
    """An expected failure: `detail` is a sentence for a person, `code` is for programs and never changes."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, *, remedy: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.extra = extra
        """Further members of the problem document, such as `upgrade_url`."""
        self.retry_after: int | None = None
        """Seconds until it is worth trying again."""


class InvalidInput(AppError):
    status, code, title = 422, "invalid_input", "The request is not valid"


class IdempotencyKeyReused(InvalidInput):
    code, title = "idempotency_key_reused", "This Idempotency-Key belongs to another request"


class PayloadTooLarge(AppError):
    status, code, title = 413, "payload_too_large", "The request is too large"


class Unauthenticated(AppError):
    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(AppError):
    status, code, title = 403, "forbidden", "This is not allowed"


# 421 is the status for a request that reached a server which its Host does not name.
class HostRefused(AppError):
    status, code, title = 421, "host_refused", "This address is not served here"


class SubscriptionRequired(AppError):
    status, code, title = 402, "subscription_required", "A subscription is needed"


class NotFound(AppError):
    status, code, title = 404, "not_found", "Not found"


class Conflict(AppError):
    status, code, title = 409, "conflict", "This cannot be done now"


class PortTaken(Conflict):
    """Another program listens where one of ours would."""

    code, title = "port_taken", "A port is taken"


class GatePending(Conflict):
    code, title = "gate_pending", "A decision is waiting"


class ConfirmationNeeded(Conflict):
    """So many versions were made that the founder says first whether to go on."""

    code, title = "confirmation_needed", "Do you want to go on?"


class BuildInProgress(Conflict):
    code, title = "build_in_progress", "A build is running"


class ProjectParked(Conflict):
    code, title = "project_parked", "The project is parked"


class AlreadyTerminal(Conflict):
    code, title = "already_terminal", "The build has already ended"


# Not a 503: it does not help to ask again, somebody has to change the set-up first.
class EngineUnavailable(Conflict):
    """The model that was asked for cannot design now: its key, account, name or budget does not allow it."""

    code, title = "engine_unavailable", "The model cannot be asked"


class NotReady(Conflict):
    code, title = "not_ready", "The build is not ready"


class GateAlreadyDecided(Conflict):
    code, title = "gate_already_decided", "The decision has been taken"


class IllegalTransition(Conflict):
    """A job was asked to move where the table does not lead, or by an attempt that is not the current one."""

    code, title = "illegal_transition", "The build has moved on"


# Callers repeat their work on it alone, so nothing that repeating cannot mend may derive from it.
class Unavailable(AppError):
    """A dependency cannot be reached; nothing was lost and trying again is right."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str, *, remedy: str | None = None, retry_after: int = 2, **extra: Any) -> None:
        super().__init__(detail, remedy=remedy, **extra)
        self.retry_after = retry_after


class QueueFull(Unavailable):
    code, title = "queue_full", "The queue is full"


class ConfigurationError(AppError):
    """A setting or this machine does not allow what was asked; the remedy is the next command to type."""

    code, title = "configuration_error", "The set-up is not complete"
