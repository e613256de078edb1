"""Loads the modules of a generated app into the test's own process."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import uuid
from pathlib import Path
from types import ModuleType

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec


class LoadedApp:
    """The package of a generated app, under a name of its own."""

    def __init__(self, spec: AppSpec, folder: Path) -> None:
        # No number: this module may be imported under two names, and each would count from nought.
        self.name = f"loaded_app_{uuid.uuid4().hex}"
        self.folder = folder / self.name
        self.folder.mkdir()
        for path, text in generate(spec).items():
            if path.startswith("app/") and path.count("/") == 1:
                (self.folder / path.removeprefix("app/")).write_text(text, encoding="utf-8")
        found = importlib.util.spec_from_file_location(
            self.name, self.folder / "__init__.py", submodule_search_locations=[str(self.folder)]
        )
        assert found is not None
        assert found.loader is not None
        sys.modules[self.name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(sys.modules[self.name])

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self.name}.{name}")
