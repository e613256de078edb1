"""The processes of an instance, as the command line starts them; each part is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

# Importing all of them takes about two seconds, which most commands have no use for.
_PART_OF: Final = {
    "find_instance": "instance",
    "is_coming_up": "instance",
    "stop": "instance",
    "run_up": "up",
    "run_api": "api",
    "run_worker": "worker",
    "run_preview": "preview",
    "run_migrate": "migrate",
    "doctor": "doctor",
    "run_bench": "bench",
    "plan_by_model": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in _PART_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PART_OF[name]}"), name)
