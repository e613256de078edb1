"""Changes in words on three apps: the difference is what was asked and nothing else, and records live on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.spec import AppSpec
from app.designer.drafts import complete
from app.designer.patches import PatchRefused, apply_patch, change_schema, read_operations
from tests.adapters.runners.bench import Start, starting
from tests.blueprint.kept_app import Kept
from tests.support.designs import BY_NAME, as_text

Json = dict[str, Any]
POOL, DESK, QUOTES = "lanes_and_courses", "purchase_requests", "window_quotes"


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as begin:
        yield begin


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    before = set(sys.modules)
    yield Kept(tmp_path, monkeypatch.setenv)
    for name in set(sys.modules) - before:
        if name.startswith("version_"):
            del sys.modules[name]


def spec_of(name: str) -> AppSpec:
    """The specification of that name as a model's design has it."""
    return complete(AppSpec.model_validate(BY_NAME[name]), wishes=(), confidence=1.0)


def places(before: Any, after: Any, path: str = "") -> set[str]:
    """The places at which two documents differ; parts of a list are known by their names."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        return {place for key in keys for place in places(before.get(key), after.get(key), f"{path}.{key}")}
    if isinstance(before, list) and isinstance(after, list):
        was, now = ({name_of(one): one for one in items} for items in (before, after))
        return places(was, now, path)
    return set() if before == after else {path.removeprefix(".")}


def name_of(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    keys = ("name", "label", "about", "role", "action", "kind", "field")
    return str(next(part[key] for key in keys if part.get(key)))


EIGHT = "A course takes eight people."
WITHDRAW = {
    "label": "Withdraw", "sources": ["Draft"], "target": "Rejected", "by": ["Employee"], "about": "Asked no more.",
}  # fmt: skip
LATE = {"name": "days_out", "expression": "days(out_on, today)", "about": "How long a float is out."}

REQUESTS: dict[str, tuple[str, list[Json], set[str], str]] = {
    "Keep the phone number of customers.": (
        POOL,
        [{"op": "add", "at": "entities/Customer/fields", "value": {"name": "phone", "type": "phone"}}],
        {"entities.Customer.fields.phone"},
        "Customers have a new detail: Phone.",
    ),
    "Courses take ten people.": (
        POOL,
        [
            {
                "op": "change",
                "at": f"rules/{EIGHT}",
                "value": {"limit": 10, "about": "A course takes ten people."},
            },
            {"op": "change", "at": "entities/Course/computed/places_left", "value": {"expression": "10 - taken"}},
        ],
        {
            f"rules.{EIGHT}",
            "rules.A course takes ten people.",
            "entities.Course.computed.places_left.expression",
        },
        "A course takes ten people.",
    ),
    "Call customers members.": (
        POOL,
        [{"op": "rename", "at": "entities/Customer", "to": "Member"}],
        {
            "entities.Customer",
            "entities.Member",
            "entities.LaneBooking.fields.customer.ref",
            "entities.Enrolment.fields.customer.ref",
            "entities.FloatLoan.fields.customer.ref",
        },
        "Customers are called members now.",
    ),
    "Show for how many days a float is out.": (
        POOL,
        [{"op": "add", "at": "entities/FloatLoan/computed", "value": LATE}],
        {"entities.FloatLoan.computed.days_out"},
        "It works out days out of float loans.",
    ),
    "We have no use for the reason.": (
        DESK,
        [
            {"op": "change", "at": "entities/PurchaseRequest/moves/Reject", "value": {"asks": []}},
            {"op": "remove", "at": "entities/PurchaseRequest/fields/reason"},
        ],
        {"entities.PurchaseRequest.fields.reason", "entities.PurchaseRequest.moves.Reject.asks.reason"},
        "Purchase requests no longer have reason.",
    ),
    "Employees may withdraw what they have not handed in.": (
        DESK,
        [{"op": "add", "at": "entities/PurchaseRequest/moves", "value": WITHDRAW}],
        {"entities.PurchaseRequest.moves.Withdraw"},
        "The steps of purchase requests are different.",
    ),
    "Say item instead of what.": (
        DESK,
        [{"op": "rename", "at": "entities/PurchaseRequest/fields/what", "to": "item"}],
        {
            "entities.PurchaseRequest.fields.what",
            "entities.PurchaseRequest.fields.item",
            "entities.PurchaseRequest.rights.Employee.fields.what",
            "entities.PurchaseRequest.rights.Employee.fields.item",
            "messages.approved.subject",
            "messages.approved.text",
        },
        "What of purchase requests is kept under the new name Item.",
    ),
    "Our finance people are called accountants.": (
        DESK,
        [{"op": "rename", "at": "roles/Finance", "to": "Accountant"}],
        {
            "roles.Finance",
            "roles.Accountant",
            *(
                f"entities.PurchaseRequest.moves.{move}.by.{role}"
                for move in ("Release", "Reject")
                for role in ("Finance", "Accountant")
            ),
        },
        "",
    ),
    "Call the app Clean Windows.": (
        QUOTES,
        [{"op": "change", "at": "title", "value": "Clean Windows"}],
        {"title"},
        "It is called “Clean Windows” now; it was “Clear View”.",
    ),
    "No discount above a third.": (
        QUOTES,
        [{"op": "change", "at": "entities/Quote/fields/discount", "value": {"highest": 33}}],
        {"entities.Quote.fields.discount.highest"},
        "",
    ),
}
"""By the founder's words: the app, what the model answers, what differs, and what is told of it."""


@pytest.mark.parametrize("words", REQUESTS)
async def test_a_change_changes_what_was_asked_and_nothing_else(start: Start, words: str) -> None:
    app, operations, differs, told = REQUESTS[words]
    before = spec_of(app)
    bench = start([as_text({"operations": operations, "left_out": []})], change=words)

    scaffold = await bench.runner.scaffold(before.goal, spec=before)

    was, now = (spec.model_dump(mode="json", exclude={"pages", "acceptance"}) for spec in (before, scaffold.spec))
    assert places(was, now) == differs
    assert told in " ".join(scaffold.design["changes"])
    assert words in str(bench.provider.asked[0].body["messages"][-1])
    assert len(bench.provider.asked) == 1


RECORDS: dict[str, list[tuple[str, Json]]] = {
    POOL: [("customers", {"name": "Ada"}), ("customers", {"name": "Ben"})],
    DESK: [
        ("employees", {"name": "Ada", "email": "ada@example.org"}),
        (
            "purchase_requests",
            {"what": "Chair", "employee": 1, "quantity": 2, "unit_price": 5_000, "status": "Draft"},
        ),
    ],
    QUOTES: [("customers", {"name": "Ada"}), ("customers", {"name": "Ben"})],
}


@pytest.mark.parametrize("app", [POOL, DESK, QUOTES])
def test_records_live_on_through_every_change_of_an_app(kept: Kept, app: str) -> None:
    spec = spec_of(app)
    kept.start(spec)
    tables = {entity.name: entity.table for entity in spec.entities}
    with kept.session() as db:
        db.execute("PRAGMA foreign_keys = OFF")
        for table in tables.values():
            db.execute(f"DELETE FROM {table}")
    for table, values in RECORDS[app]:
        kept.insert(table, **values)
    before = {name: kept.rows(table) for name, table in tables.items()}

    for _, operations, _, _ in (one for one in REQUESTS.values() if one[0] == app):
        changed = apply_patch(spec, read_operations(operations))
        kept.start(changed)
        spec = changed

    new = {entity.name: entity for entity in spec.entities}
    for name, rows in before.items():
        entity = new.get(name) or new["Member"]
        now = kept.rows(entity.table)
        assert [row["id"] for row in now] == [row["id"] for row in rows]
        for old, row in zip(rows, now, strict=True):
            assert {value for value in old.values() if isinstance(value, str)} <= set(row.values())


REFUSED: dict[str, tuple[list[Json] | str, str]] = {
    "no list": ("change it", "is a list"),
    "no operation": ([{"op": "drop_database", "at": "entities"}], "rename"),
    "a record that is not there": (
        [{"op": "add", "at": "entities/Pool/fields", "value": {"name": "phone"}}],
        "there are: Lane, Customer",
    ),
    "a field that is not there": ([{"op": "remove", "at": "entities/Lane/fields/depth"}], "depth"),
    "a rule that is not there": ([{"op": "remove", "at": "rules/Nobody swims."}], "Nobody swims."),
    "a record that others need": ([{"op": "remove", "at": "entities/Customer"}], "Customer"),
    "an expression that cannot be": (
        [{"op": "add", "at": "entities/Lane/computed", "value": {**LATE, "name": "x"}}],
        "out_on",
    ),
    "a rule that would do nothing": (
        [
            {
                "op": "add",
                "at": "rules",
                "value": {"kind": "overdue", "entity": "Lane", "fields": ["name"], "about": "Lanes are late."},
            }
        ],
        "it would do nothing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_is_refused_with_its_place(name: str) -> None:
    raw, why = REFUSED[name]
    with pytest.raises(PatchRefused, match=why):
        apply_patch(spec_of(POOL), read_operations(raw))


def test_the_schema_has_every_operation() -> None:
    operation = change_schema()["$defs"]["Kind"]
    assert operation["enum"] == ["add", "change", "rename", "remove"]
