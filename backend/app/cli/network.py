"""Which ports of this machine can be listened on."""

from __future__ import annotations

import socket
from typing import Final

from app.core.errors import ConfigurationError

FIRST_PORT: Final = 8500


def port_is_free(host: str, port: int) -> bool:
    """True when a server could listen there now; only a moment's truth."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server will do it: connections that linger from before do not count as a taken port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_pair(host: str) -> int:
    """A port that is free together with the next one, for the API and the previews. ConfigurationError."""
    for port in range(FIRST_PORT, 65535, 100):
        if port_is_free(host, port) and port_is_free(host, port + 1):
            return port
    raise ConfigurationError(f"No two free ports were found on {host!r}.", remedy="cofounder doctor")
