"""The checks of a site, of lines and of views pass for a generated app, and notice one thing that is wrong."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from app.acceptance.evidence import Evidence
from app.acceptance.live_checks import LiveChecks
from app.acceptance.regression import NOTHING
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec
from app.core.ids import JobId
from app.domain.failure import BuildFailed
from app.domain.workspace import MANIFEST, Manifest
from app.ports.sandbox import SandboxRequest
from tests.blueprint.test_apps import installed

__all__ = ["installed"]

SPECS = Path(__file__).parents[1] / "specs"
SCHEMA = "app/schema.py"
Check = Callable[[str, str, str, str], Awaitable[list[Evidence]]]

BUGS = {
    "another word on the first page": (
        "corner_cafe", SCHEMA, "Dogs are welcome", "Dogs are not welcome", "words_missing",
    ),
    "a field that is not for visitors": (
        "corner_cafe", SCHEMA, "'price', 'description')", "'price', 'description', 'supplier')", "not_private",
    ),
    "a file that visitors were not to have": (
        "dog_shelter", SCHEMA, "'photo', 'story')", "'photo', 'story', 'papers')", "open_files",
    ),
    "a file that comes back another one": (
        "dog_shelter", "app/files.py", "piece = blob.read(PIECE)", "piece = blob.read(PIECE)[::-1]", "file_lost",
    ),
    "a message that nobody writes": (
        "evening_classes", "app/outbox.py", 'kind == "added"', 'kind == "never"', "message_missing",
    ),
    "what a file is told by its name": (
        "dog_shelter", "app/kinds.py", 'startswith(("<", "#!"))', 'startswith("#!")', "bad_input_kept",
    ),
    "no public list": ("corner_cafe", SCHEMA, "public='detail'", "public=''", "page_fails"),
    "a calculator that is wrong": ("paint_calculator", SCHEMA, "* 9", "* 8", "wrong_result"),
    "lines that are not entered": ("bakery_orders", SCHEMA, "    line_of='order',\n", "", "lines_lost"),
    "a ranking the wrong way round": (
        "capitals_quiz", "app/standings.py", '"{by.name}" DESC, id', '"{by.name}" ASC, id', "wrong_view",
    ),
    "answers that are not counted": (
        "capitals_quiz", "app/standings.py", "int(row[1]) for row in", "int(row[1]) * 2 for row in", "wrong_view",
    ),
    "a card that never comes up": (
        "flashcards", "app/standings.py", 'OR "{date.name}" <= ?', 'OR "{date.name}" > ?', "wrong_view",
    ),
    "a figure that is one too many": (
        "wildlife_rescue", SCHEMA, "app_today()), 1, 10)) - julianday", "app_today()), 1, 10)) + 1 - julianday",
        "wrong_figure",
    ),
    "a step without its condition": ("wildlife_rescue", SCHEMA, "only_if='((", "only_if='1 OR ((", "move_wrong"),
    "a step that does not write the day": (
        "wildlife_rescue", SCHEMA, "(('released_on', 'app_today()'),)", "(('released_on', 'NULL'),)", "move_wrong",
    ),
    "a step that leads elsewhere": (
        "wildlife_rescue", SCHEMA, "Move('Treat', ('Examined',), 'Treated'",
        "Move('Treat', ('Examined',), 'Released'", "move_wrong",
    ),
    "a step that anybody of the staff takes": (
        "designer/snag_list", "app/moves.py", "return visitor.role.name in move.by if", "return True if",
        "move_wrong",
    ),
    "a right to delete that nobody gave": (
        "designer/prayer_wall", "app/access.py", "return right.deletes if right else", "return True if right else",
        "right_wrong",
    ),
    "a right to see that nobody gave": (
        "designer/prayer_wall", "app/access.py", "own = [self.own_id] * found.count(\"?\")", "return \"1\", []",
        "right_wrong not_private",
    ),
    "a board that counts wrongly": (
        "designer/line_stops", "app/views.py", '"count": database.count(db, entity, where, given),',
        '"count": 1 + database.count(db, entity, where, given),', "wrong_view",
    ),
}  # fmt: skip


@pytest.fixture
async def check(installed: Path, tmp_path: Path) -> AsyncIterator[Check]:
    """Runs the checks of the running app, with one text of one file replaced."""
    runtime = FakeSandboxRuntime(tmp_path / "sandboxes")
    sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4())))
    (tmp_path / "sandboxes" / sandbox.id / ".venv").symlink_to(installed / ".venv")

    async def run(name: str, path: str, old: str, new: str) -> list[Evidence]:
        spec = AppSpec.model_validate(tomllib.loads((SPECS / f"{name}.toml").read_text(encoding="utf-8")))
        files = generate(spec)
        assert old in files[path]
        files[path] = files[path].replace(old, new)
        await sandbox.write_files({path: text.encode() for path, text in files.items()})
        manifest = Manifest.parse(files[MANIFEST].encode())
        host = AppHost(runtime, start_timeout_s=30)
        return await LiveChecks(host, sandbox, manifest, spec, "build_v0_1", NOTHING).run()

    yield run
    await sandbox.kill()


@pytest.mark.parametrize(
    ("name", "checks"),
    [
        ("corner_cafe", {"acceptance", "site"}),
        ("paint_calculator", {"site"}),
        ("bakery_orders", {"acceptance", "site"}),
        ("capitals_quiz", {"acceptance", "views", "site"}),
        ("flashcards", {"acceptance", "views"}),
        ("designer/line_stops", {"figures", "moves", "rights", "views", "plan"}),
        ("evening_classes", {"acceptance", "strangers"}),
        ("dog_shelter", {"acceptance", "strangers", "site"}),
    ],
)
async def test_the_generated_app_passes(check: Check, name: str, checks: set[str]) -> None:
    passed = await check(name, SCHEMA, "", "")
    assert checks <= {evidence["name"] for evidence in passed}
    assert all(evidence["ok"] for evidence in passed)


@pytest.mark.parametrize("bug", BUGS)
async def test_one_thing_that_is_wrong_is_noticed(check: Check, bug: str) -> None:
    *where, code = BUGS[bug]
    with pytest.raises(BuildFailed) as failed:
        await check(*where)
    assert failed.value.failure in code.split(), failed.value.log
