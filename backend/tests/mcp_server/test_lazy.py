"""Who uses no assistant pays nothing for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2]
UNUSED = ("mcp", "mcp_types", "jsonschema", "cryptography.hazmat", "app.mcp_server.http")


@pytest.mark.parametrize("module", ["app.main", "app.cli.main", "app.cli.mcp", "app.processes.api"])
def test_nothing_of_the_protocol_is_imported_before_an_assistant_comes(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {UNUSED!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
