"""The API as an application."""

from __future__ import annotations

import subprocess
import sys

from fastapi import FastAPI

from app import main


def test_an_application_is_made_for_who_asks_for_it_and_by_no_import() -> None:
    program = "import app.processes.api, app.main; raise SystemExit('app' in vars(app.main))"

    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
    assert isinstance(main.app, FastAPI)
    assert main.app is main.app
