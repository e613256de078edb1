"""Sandboxes on this machine, made with bubblewrap."""

from app.adapters.sandboxes.local.runtime import LocalSandboxRuntime
from app.adapters.sandboxes.local.seed import BadLock

__all__ = ["BadLock", "LocalSandboxRuntime"]
