"""Compiles an app in its folder: its modules for Python, its templates for their engine, into one archive.

`python bytecode.py ARCHIVE FILE ...` compiles those files of `app/` and nothing else.
"""

from __future__ import annotations

import importlib
import py_compile
import sys
import zipfile
from pathlib import Path

TEMPLATES = "app/templates/"


def main(archive: str, *paths: str) -> int:
    """Compile these files into the archive; the exit code."""
    for path in paths:
        if path.endswith(".py"):
            # Compared with its source whenever it is loaded, so that a changed source is never shadowed.
            py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    templates = importlib.import_module("app.rendering").templates
    for path in paths:
        if path.startswith(TEMPLATES):
            templates.get_template(path.removeprefix(TEMPLATES))
    with zipfile.ZipFile(archive, "w") as kept:
        for compiled in sorted(Path("app/__pycache__").iterdir()):
            kept.write(compiled)
    return 0


if __name__ == "__main__":
    # What else is imported on the way belongs to this one app.
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
