"""Installs what a generated app needs, as its manifest says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.domain.workspace import MANIFEST, Manifest


def install(folder: Path) -> None:
    """Make the environment of the app that lies in a folder."""
    uv = str(Path(sys.executable).with_name("uv"))
    for command in Manifest.parse((folder / MANIFEST).read_text()).install:
        # A part of a longer command, since what is there already is not made again.
        argv = [uv if part == "uv" else part for part in command]
        subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=120)
