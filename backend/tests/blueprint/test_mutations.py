"""An app that lost a rule, a figure, a move or a right, or a part of one, does not pass its own tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, Reach, RightSpec, RoleScope, RuleKind
from tests.support.specs import DESIGNER_SPECS, SPECS

from .test_apps import installed, lay_out
from .test_specified_apps import read

__all__ = ["installed"]
BY_NAME: Final = {path.stem: path for path in (*SPECS, *DESIGNER_SPECS)}
GOALS: Final = (
    "a booking app for a yoga studio, classes have a capacity",
    "invoices with lines for a carpenter",
    "a shop that takes orders for cakes from stock",
)
ADDED_UP: Final = {
    "title": "Site Costs",
    "tagline": "What each job has cost",
    "entities": [
        {
            "name": "Job",
            "plural": "Jobs",
            "fields": [
                {"name": "name", "label": "Name", "type": "text", "required": True},
                {"name": "total", "label": "Total", "type": "money"},
            ],
        },
        {
            "name": "Cost",
            "plural": "Costs",
            "fields": [
                {"name": "name", "label": "What for", "type": "text", "required": True},
                {"name": "amount", "label": "Amount", "type": "money", "required": True},
                {"name": "job", "label": "Job", "type": "ref", "ref": "Job", "required": True},
            ],
        },
    ],
    "rules": [
        {"kind": "sum", "entity": "Cost", "fields": ["amount", "job"], "about": "A job adds up what it has cost."}
    ],
}
RUNNER: Final = Path(__file__).parent.parent / "support" / "mutate.py"
TESTS: Final = ("tests/test_items.py", "tests/test_rules.py")
"""The tests that an app has of its items, each below a comment with the words of its item."""
LOST: Final = {
    "Move": {"by": "()", "asks": "()", "sets": "()", "writes": "()", "only_if": "''"},
    "Right": {"fields": "()", "hides": "()", "only_if": "'1'"},
}
"""What a part of an item is without what it says."""
OTHERWISE: Final = {
    "adds": {"True": "False", "False": "True"},
    "deletes": {"True": "False", "False": "True"},
    "changes": {"'none'": "'all'", "'own'": "'all'", "'all'": "'none'"},
    "sees": {"'none'": "'all'", "'own'": "'all'", "'all'": "'none'"},
}


@dataclass(frozen=True)
class Mutation:
    """A schema that has lost something; `kind` says what, `about` is the sentence of the item."""

    kind: str
    about: str
    schema: str


def mutations(schema: str) -> Iterator[Mutation]:
    """Every way to take an item, or a part of one, out of a schema."""
    for entity in ast.walk(ast.parse(schema)):
        if isinstance(entity, ast.Call) and getattr(entity.func, "id", "") == "Entity":
            parts = _keywords(entity)
            for rule in _items(parts, "rules"):
                yield Mutation(_name(rule), _about(rule), _without(schema, rule))
            for move in _items(parts, "moves"):
                yield from _of_move(schema, move)
            for right in _items(parts, "rights"):
                role, plural = ast.literal_eval(right.args[0]), ast.literal_eval(parts["plural"])
                about = _about_right(role, plural)
                yield from _of_right(schema, right, about)
            for figure in _items(parts, "figures"):
                sql = _keywords(figure)["sql"]
                kind = f"figure {_operation(ast.literal_eval(sql))}"
                yield Mutation(kind, _about(figure), _replaced(schema, sql, "'NULL'"))


def _about_right(role: str, plural: str) -> str:
    return f"What {role} may do with {plural.lower()}."


def _of_move(schema: str, move: ast.Call) -> Iterator[Mutation]:
    if "automatic" in _keywords(move):
        yield Mutation("automatic Move", _about(move), _without(schema, move))
        return
    yield Mutation("Move", _about(move), _without(schema, move))
    for part, node in _keywords(move).items():
        if part in LOST["Move"]:
            yield Mutation(f"Move.{part}", _about(move), _replaced(schema, node, LOST["Move"][part]))


def _of_right(schema: str, right: ast.Call, about: str) -> Iterator[Mutation]:
    yield Mutation("Right", about, _without(schema, right))
    for part, node in _keywords(right).items():
        other = LOST["Right"].get(part) or OTHERWISE.get(part, {}).get(ast.unparse(node))
        if other:
            yield Mutation(f"Right.{part}", about, _replaced(schema, node, other))


def _operation(sql: str) -> str:
    """The outermost thing that a figure does."""
    found = re.match(r"\W*(?:SELECT )?(?:coalesce\()?(?:\(SELECT )?(\w+)", sql)
    return found[1] if found else sql[:10]


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg or "": keyword.value for keyword in call.keywords}


def _items(parts: dict[str, ast.expr], name: str) -> list[ast.Call]:
    return [item for item in getattr(parts.get(name), "elts", []) if isinstance(item, ast.Call)]


def _name(item: ast.Call) -> str:
    return str(getattr(item.func, "id", ""))


def _about(item: ast.Call) -> str:
    """The sentence of an item: a keyword, or the last of what is said without one."""
    return str(ast.literal_eval(_keywords(item).get("about") or item.args[-1]))


def _without(schema: str, item: ast.expr) -> str:
    return _replaced(schema, item, "*()")


def _replaced(schema: str, node: ast.expr, text: str) -> str:
    lines = [line.encode() for line in schema.splitlines(keepends=True)]
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: (node.end_lineno or 1) - 1])) + (node.end_col_offset or 0)
    whole = b"".join(lines)
    return (whole[:begin] + text.encode() + whole[end:]).decode()


def own_tests_of(files: dict[str, str]) -> dict[str, list[str]]:
    """The tests of each item, by its sentence."""
    found: dict[str, list[str]] = {}
    for path in TESTS:
        name = ""
        for line in files.get(path, "").splitlines():
            name = line.partition("(")[0].removeprefix("def ") if line.startswith("def test_") else name
            if name and line.strip().startswith("# "):
                found.setdefault(ast.literal_eval(line.strip()[2:]), []).append(f"{path}::{name}")
    return found


def specs_tried() -> Iterator[AppSpec]:
    """Apps that together have every kind of rule, move and right."""
    yield from (
        read(BY_NAME[name])
        for name in ("prayer_wall", "snag_list", "rehearsal_rooms", "contest_jury", "duty_rota")
    )
    yield from map(understand, GOALS)
    yield AppSpec.model_validate(ADDED_UP)


@pytest.fixture(scope="module")
def exit_codes(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the tests of an item come to without it, for the first item of each kind in all these apps."""
    codes: dict[str, int] = {}
    for spec in specs_tried():
        chosen: dict[str, Mutation] = {}
        for mutation in tried_mutations(spec):
            if mutation.kind not in codes:
                chosen.setdefault(mutation.kind, mutation)
        found = run_without(spec, list(chosen.values()), installed, tmp_path_factory.mktemp("mutated"))
        codes |= dict(zip(chosen, found, strict=True))
    return codes


def tried_mutations(spec: AppSpec) -> Iterator[Mutation]:
    """The mutations of an app's items that have a test of their own."""
    files = generate(spec)
    tests = own_tests_of(files)
    for mutation in mutations(files["app/schema.py"]):
        if mutation.about in tests and not _is_the_same(spec, mutation):
            yield mutation


def run_without(spec: AppSpec, mutated: list[Mutation], installed: Path, folder: Path) -> list[int]:
    """What the tests of each item come to with the schema that has lost it; they hold with the whole one."""
    files = generate(spec)
    tests, whole = own_tests_of(files), files["app/schema.py"]
    runs = [
        (whole, [path for path in TESTS if path in files]),
        *((one.schema, tests[one.about]) for one in mutated),
    ]
    python = installed / ".venv" / "bin" / "python"
    answer = subprocess.run(
        [python, RUNNER],
        cwd=lay_out(files, folder),
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[int] = json.loads(answer.stdout)
    unchanged = found.pop(0)
    assert unchanged == 0, spec.title
    return found


def _is_the_same(spec: AppSpec, mutation: Mutation) -> bool:
    """True where nothing was lost: nobody else could take the move, or the right says the same in another way."""
    rights = [
        right
        for entity in spec.entities
        for right in entity.rights
        if mutation.about == _about_right(right.role, entity.plural)
    ]
    if mutation.kind == "Right.changes":
        # All that somebody sees is their own.
        return any(right.sees is Reach.OWN and right.changes is Reach.OWN for right in rights)
    if mutation.kind == "Right.fields":
        return any(not right.adds and right.changes is Reach.NONE for right in rights)
    return (
        mutation.kind == "Move.by"
        and sum(role.scope is RoleScope.ALL for role in spec.roles) < 2
        and all(
            role.scope is RoleScope.ALL
            for entity in spec.entities
            for move in entity.moves
            if move.about == mutation.about
            for role in spec.roles
            if role.name in move.by
        )
    )


def test_whatever_is_taken_out_is_missed(exit_codes: dict[str, int]) -> None:
    failed = int(pytest.ExitCode.TESTS_FAILED)
    assert {kind: code for kind, code in exit_codes.items() if code != failed} == {}


@pytest.mark.parametrize("name", ["paws_practice", "squash_courts", "tuck_shop", "village_auction"])
def test_no_item_of_an_app_can_be_taken_out(name: str, installed: Path, tmp_path: Path) -> None:
    spec = read(BY_NAME[name])
    mutated = list(tried_mutations(spec))

    codes = run_without(spec, mutated, installed, tmp_path)

    failed = int(pytest.ExitCode.TESTS_FAILED)
    missed = [(one.kind, one.about) for one, code in zip(mutated, codes, strict=True) if code != failed]
    assert missed == []


def test_every_kind_of_rule_move_and_right_was_taken_out(exit_codes: dict[str, int]) -> None:
    # What is out, and whatever is stated as a condition, is watched over in the same way.
    rules = {kind.value.title().replace("_", "") for kind in RuleKind if kind is not RuleKind.ONE_OPEN}
    moves = {f"Move.{part}" for part in LOST["Move"]}
    rights = {f"Right.{part}" for part in RightSpec.model_fields if part in (*LOST["Right"], *OTHERWISE)}
    assert {*rules, "Move", "automatic Move", *moves, "Right", *rights} <= exit_codes.keys()
    assert sum(kind.startswith("figure ") for kind in exit_codes) >= 5
