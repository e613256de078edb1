"""Runs tests of a generated app with changed schemas, each in a fork of a process that has the libraries loaded.

`python mutate.py`, in the folder of the app: reads schemas, each with the tests to run, from its standard input,
and prints the exit code of each.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

# Loaded once, before the forks.
import jinja2  # noqa: F401
import pytest
import starlette.applications
import starlette.routing  # noqa: F401


def run(schema: str, tests: list[str]) -> int:
    """The exit code of the tests with that schema, in a process of its own."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(_run_here(schema, tests))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_here(schema: str, tests: list[str]) -> int:
    importlib.import_module("app.model")
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("app.schema", None))
    module.__package__ = "app"
    sys.modules["app.schema"] = module
    exec(compile(schema, "app/schema.py", "exec"), module.__dict__)
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    print(json.dumps([run(schema, tests) for schema, tests in json.load(sys.stdin)]))
