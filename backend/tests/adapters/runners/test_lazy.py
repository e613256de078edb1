"""Who has no model pays nothing for it: neither time nor memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[3]
UNUSED = ("pydantic_ai", "openai", "anthropic", "genai_prices", "google.genai", "mcp", "mcp_types")


@pytest.mark.parametrize(
    "module",
    ["app.cli.main", "app.processes.api", "app.processes.preview", "app.processes.up", "app.processes.worker"],
)
def test_nothing_of_a_provider_is_imported_before_a_model_is_asked(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {UNUSED!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
