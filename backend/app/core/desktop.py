"""The desktop of whoever sits at this machine, if there is one."""

from __future__ import annotations

import webbrowser

from app.core.settings import process_environment


def open_in_browser(url: str) -> bool:
    """Open a link in the browser of the desktop; False where there is no desktop."""
    environment = process_environment()
    # Without a display the standard library would start a text browser in the founder's terminal.
    if not any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return False
    return webbrowser.open(url)
