"""The environment of commands inside: the tools, the registries, and nothing of this service's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.adapters.sandboxes.local.layout import CACHE, HOME
from app.adapters.sandboxes.local.registries import Registries
from app.adapters.sandboxes.local.toolchain import Toolchain

PROXY_PORT: Final = 3128
_LOOPBACK: Final = "localhost,127.0.0.1,::1"
_OFFLINE: Final = {"UV_OFFLINE": "1", "npm_config_offline": "true"}


def environment(toolchain: Toolchain, registries: Registries, *, network: bool) -> dict[str, str]:
    """Without network the installers are told so, and take what is in the cache."""
    return {
        "PATH": toolchain.path,
        "HOME": HOME,
        "USER": "app",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "UV_CACHE_DIR": CACHE,
        # The cache and the environment are two mounts, and no link goes from one to another.
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
        # The way out leads to packages only, so it would try in vain, and for long.
        "UV_PYTHON_DOWNLOADS": "never",
        **registries.environment(),
        **(_proxy() if network else _OFFLINE),
    }


def without_network(variables: Mapping[str, str]) -> dict[str, str]:
    """The same environment once the way to the registries is closed."""
    return {name: value for name, value in variables.items() if name not in _proxy()} | _OFFLINE


def _proxy() -> dict[str, str]:
    address = f"http://127.0.0.1:{PROXY_PORT}"
    return {"HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": _LOOPBACK, "no_proxy": _LOOPBACK}
