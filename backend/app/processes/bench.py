"""The performance bars, for the command line."""

from __future__ import annotations

from app.bench.run import run_bench

__all__ = ["run_bench"]
