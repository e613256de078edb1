"""Puts the files of an app together: the starter as it is, and what is written from the specification."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from app.blueprint.generate import documents
from app.blueprint.generate.art import art_html
from app.blueprint.generate.example_files import files_json, samples_json
from app.blueprint.generate.example_texts import examples_json
from app.blueprint.generate.item_tests import has_items, item_scenes_json, item_tests_py
from app.blueprint.generate.rule_tests import rule_scenes, rule_tests_py, scenes_json
from app.blueprint.generate.schema import schema_py
from app.blueprint.generate.seed import seed_json
from app.blueprint.generate.theme import icon_svg, look, theme_css
from app.blueprint.generate.tool_cases import worked_out_json
from app.blueprint.spec import AppSpec, FieldType, RoleScope
from app.blueprint.spec_files import has_files
from app.blueprint.spec_lines import lines_of
from app.blueprint.spec_queries import has_link, monogram
from app.blueprint.spec_site import sections_of
from app.domain.workspace import MANIFEST

STARTER: Final = "starlette"
# Under its own name it would tell our git what to leave out.
_RENAMED: Final = {"gitignore": ".gitignore"}
_ENDINGS: Final = (".py", ".html", ".css", ".js", ".sh", ".lock", ".in", ".ini", ".example", "gitignore")
_SKELETON: Final = (".env.example", ".gitignore", "start.sh", "requirements.in", "requirements.lock", "pytest.ini")


def generate(spec: AppSpec) -> dict[str, str]:
    """Every file of the app, path to text; the same for the same specification."""
    made_by, wears, seed = documents.made_by(spec), look(spec), seed_json(spec)
    files = {
        **skeleton(spec),
        "app/schema.py": schema_py(spec, made_by=made_by, can_do=documents.can_do(spec), look=wears.classes),
        "app/seed.json": seed,
        "app/seed_files.json": files_json(seed),
        "tests/sample_files.json": samples_json(),
        "app/static/theme.css": theme_css(wears),
        "app/templates/art.html": art_html(spec),
        "app/static/icon.svg": icon_svg(wears, monogram(spec.title)),
        "tests/test_rules.py": rule_tests_py(spec),
        "tests/examples.json": examples_json(spec),
        "tests/worked_out.json": worked_out_json(spec),
        "tests/scenes.json": scenes_json(rule_scenes(spec) | item_scenes_json(spec)),
        **({"tests/test_items.py": item_tests_py(spec)} if has_items(spec) else {}),
        "tests/test_goal.py": documents.goal_test_py(spec, _names_on_first_page(spec)),
    }
    # A test that finds nothing to try would tell a developer that something is tried.
    unused = {path for path, used in _parts_used(spec).items() if not used}
    starter_parts = {path: text for path, text in starter_files() if path not in unused}
    return dict(
        # In one order, so that the same specification gives the same digest.
        sorted((starter_parts | {path: text for path, text in files.items() if path not in unused}).items())
    )


def _names_on_first_page(spec: AppSpec) -> list[str]:
    """The names on the first page: every kind of record but lines, which are entered inside another."""
    return [entity.plural for entity in spec.entities if lines_of(spec, entity) is None]


def _parts_used(spec: AppSpec) -> dict[str, bool]:
    """The tests that only some apps have something for."""
    has_own = any(role.scope is RoleScope.OWN for role in spec.roles)
    has_moves = any(entity.moves for entity in spec.entities)
    has_lines = any(entity.lines for entity in spec.entities)
    has_records, has_site = bool(spec.entities), bool(sections_of(spec))
    return {
        "tests/test_accounts.py": has_own,
        "tests/test_by_link.py": any(has_link(spec, entity) for entity in spec.entities),
        "tests/test_lines.py": has_lines,
        "tests/test_moves.py": has_moves,
        "app/seed_files.json": has_files(spec),
        "tests/sample_files.json": has_files(spec),
        "tests/test_files.py": has_files(spec),
        "tests/test_outbox.py": bool(spec.messages),
        "tests/test_limits.py": has_records,
        "tests/test_people.py": has_records,
        "tests/test_public.py": bool(spec.forms),
        "tests/test_records.py": has_records,
        "tests/test_safety.py": has_records,
        "tests/test_sheets.py": has_records,
        "tests/test_site.py": has_site,
        "tests/worked_out.json": has_site,
    }


def skeleton(spec: AppSpec) -> dict[str, str]:
    """The files that every later stage builds on: what the app needs, how it starts and what it is."""
    starter = dict(starter_files())
    files_kept = {path: starter[path] for path in _SKELETON}
    return files_kept | {"README.md": documents.readme(spec), MANIFEST: documents.manifest(spec).dumps()}


def is_built_type(kind: FieldType) -> bool:
    """True if apps can hold fields of this type: then the part of the starter that reads fields names it."""
    return f'"{kind.value}"' in dict(starter_files())["app/fields.py"]


@cache
def starter_files() -> tuple[tuple[str, str], ...]:
    """The files of the starter, path and text."""
    root = files("app.blueprint") / "starters" / STARTER
    return tuple(sorted((_RENAMED.get(path, path), text) for path, text in _files_below(root, "")))


def _files_below(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    files_found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                files_found += _files_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_ENDINGS):
            files_found.append((prefix + entry.name, entry.read_text(encoding="utf-8")))
    return files_found
