"""The address of this computer on its network, and where others open shared links."""

from __future__ import annotations

import socket

from app.core.settings import Settings


def lan_address() -> str:
    """The address by which others on the network reach this computer; its own where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only says from which address it would.
            # The address is reserved for documentation, so no network of the machine has it and the default way is
            # taken.
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def shared_origin(settings: Settings) -> str | None:
    """The origin at which others open shared links; None while only this computer does."""
    if settings.share_url is not None:
        return settings.share_url
    return f"http://{lan_address()}:{settings.shares_port}" if settings.lan else None
