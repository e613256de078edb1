"""Why bubblewrap did not start, and what a person can type about it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.ports.sandbox import SandboxUnavailable

SYSCTL: Final = Path("/proc/sys")


def bwrap_missing() -> SandboxUnavailable:
    """There is no program to start."""
    return SandboxUnavailable(
        "bubblewrap, which sandboxes are made with, is not on this machine.",
        remedy="apt-get install bubblewrap (or dnf install bubblewrap), or set COFOUNDER_BWRAP to the program.",
    )


def diagnose(said: str, *, sysctl: Path = SYSCTL) -> SandboxUnavailable:
    """The reason why a sandbox did not come up, from the kernel's settings first and bubblewrap's words last."""
    if _value(sysctl, "user/max_user_namespaces") == 0:
        return _closed("user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000")
    if _value(sysctl, "kernel/unprivileged_userns_clone") == 0:
        return _closed("kernel.unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1")
    if _value(sysctl, "kernel/apparmor_restrict_unprivileged_userns") == 1 and was_refused(said):
        return _closed(
            "AppArmor keeps unprivileged programs from them",
            "apt-get install bubblewrap apparmor-profiles and load its bwrap profile, or"
            " sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    if "Unknown option" in said:
        return SandboxUnavailable(
            f"This bubblewrap is too old: {said.strip()}.",
            remedy="Use the one that comes with this service: leave COFOUNDER_BWRAP unset.",
        )
    if was_refused(said):
        return SandboxUnavailable(
            f"This machine does not let the service make namespaces: {said.strip()}.",
            remedy="Run the service outside of the container that it is in, or choose the e2b sandbox.",
        )
    return SandboxUnavailable(
        f"The sandbox did not come up: {said.strip() or 'it said nothing'}.", remedy="cofounder doctor"
    )


def _closed(why: str, command: str) -> SandboxUnavailable:
    return SandboxUnavailable(f"Sandboxes need user namespaces, and {why}.", remedy=f"As root, type: {command}")


def was_refused(said: str) -> bool:
    """True when the kernel or a security module said no."""
    return any(words in said for words in ("Operation not permitted", "Permission denied", "No permissions"))


def _value(sysctl: Path, name: str) -> int | None:
    try:
        return int((sysctl / name).read_text())
    except (OSError, ValueError):
        return None
