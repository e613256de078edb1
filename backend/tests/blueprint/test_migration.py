"""Records that an app kept are still there after its specification was edited, wherever the shape allows."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.blueprint.spec import (
    AppSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    OnDelete,
    RoleScope,
    RoleSpec,
    RuleKind,
    RuleSpec,
    ThemeSpec,
)
from app.blueprint.spec_parts import ChoiceWas
from tests.blueprint.kept_app import Kept


def field(name: str, kind: str = "text", **more: Any) -> FieldSpec:
    return FieldSpec(name=name, label=name.replace("_", " ").capitalize(), type=FieldType(kind), **more)


def entity(name: str, *fields: FieldSpec, **more: Any) -> EntitySpec:
    table = more.pop("table", f"{name.lower()}s")
    words = {"label": name, "plural": f"{name}s", "about": f"All {name.lower()}s."}
    return EntitySpec(name=name, table=table, fields=fields, **words, **more)


def app_of(*entities: EntitySpec, rules: Sequence[RuleSpec] = ()) -> AppSpec:
    return AppSpec(
        title="Studio",
        tagline="A studio.",
        goal="a studio",
        engine="blueprint",
        confidence=1,
        theme=ThemeSpec(hue=10),
        entities=entities,
        rules=tuple(rules),
    )


CLIENT = entity("Client", field("name", required=True), field("phone", "phone"), field("size", "text"))
CLASS = entity("Lesson", field("title", required=True), field("price", "money"), field("starts_at", "datetime"))
BOOKING = entity(
    "Booking",
    field("client", "ref", ref="Client", required=True, on_delete=OnDelete.CASCADE),
    field("lesson", "ref", ref="Lesson"),
    field("status", "choice", choices=("New", "Paid", "Cancelled")),
)
FIRST = app_of(CLIENT, CLASS, BOOKING)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    before = set(sys.modules)
    made = Kept(tmp_path, monkeypatch.setenv)
    made.start(FIRST)
    made.insert("clients", name="Ada", phone="123456", size="12")
    made.insert("clients", name="Bob", size="large")
    made.insert("lessons", title="Yoga", price=1250, starts_at="2030-05-01T18:30")
    made.insert("bookings", client=1, lesson=1, status="Paid")
    made.insert("bookings", client=2, lesson=1, status="New")
    yield made
    for name in set(sys.modules) - before:
        if name.startswith("version_"):
            del sys.modules[name]


def edited(entity_spec: EntitySpec, **changes: Any) -> EntitySpec:
    return EntitySpec.model_validate({**entity_spec.model_dump(), **changes})


def fields_of(entity_spec: EntitySpec, *added: FieldSpec, without: str = "") -> tuple[FieldSpec, ...]:
    return (*(one for one in entity_spec.fields if one.name != without), *added)


def with_size(kind: str, **more: Any) -> AppSpec:
    """The first version with another kind of size."""
    changed = fields_of(CLIENT, field("size", kind, **more), without="size")
    return app_of(edited(CLIENT, fields=changed), CLASS, BOOKING)


def test_starting_the_same_version_again_changes_nothing(kept: Kept) -> None:
    before = kept.rows("clients")
    kept.start(FIRST)
    assert kept.rows("clients") == before
    assert kept.notes == []


def test_a_picture_lives_on_and_is_a_name_where_it_becomes_a_text(kept: Kept) -> None:
    picture = f"{'0' * 32}.png/Ada.png"
    kept.start(with_size("image"))
    kept.insert("clients", name="Cy", size=picture)
    kept.start(with_size("file"))
    assert kept.rows("clients")[2]["size"] == picture
    kept.start(with_size("text"))
    assert kept.rows("clients")[2]["size"] == "Ada.png"


def test_a_field_is_added_and_the_rows_are_kept(kept: Kept) -> None:
    kept.start(app_of(edited(CLIENT, fields=fields_of(CLIENT, field("level", "int"))), CLASS, BOOKING))
    assert [(row["id"], row["name"], row["level"]) for row in kept.rows("clients")] == [
        (1, "Ada", None),
        (2, "Bob", None),
    ]
    assert kept.notes == []


def test_a_required_field_that_is_added_gets_a_value_and_it_is_said(kept: Kept) -> None:
    level = field("level", "choice", choices=("Basic", "Pro"), required=True)
    kept.start(app_of(edited(CLIENT, fields=fields_of(CLIENT, level)), CLASS, BOOKING))
    assert {row["level"] for row in kept.rows("clients")} == {"Basic"}
    assert kept.notes == ["2 records of Clients had no Level, which is required now: Basic was filled in."]


def test_a_field_that_is_taken_out_is_kept_aside_and_comes_back(kept: Kept) -> None:
    kept.start(app_of(edited(CLIENT, fields=fields_of(CLIENT, without="phone")), CLASS, BOOKING))
    assert kept.kept("phone") == [(1, "123456")]
    assert kept.notes == ["Phone was taken out of Clients; 1 value is kept in the table app_kept."]

    kept.start(FIRST)
    assert [row["phone"] for row in kept.rows("clients")] == ["123456", None]
    assert kept.kept("phone") == []


def test_a_field_that_is_renamed_keeps_its_values(kept: Kept) -> None:
    renamed = fields_of(CLIENT, field("mobile", "phone", was="phone"), without="phone")
    kept.start(app_of(edited(CLIENT, fields=renamed), CLASS, BOOKING))
    assert [row["mobile"] for row in kept.rows("clients")] == ["123456", None]
    assert kept.notes == []


def test_a_kind_of_record_that_is_renamed_keeps_its_rows_and_what_belongs_to_them(kept: Kept) -> None:
    customer = edited(
        CLIENT, name="Customer", table="customers", label="Customer", plural="Customers", was="Client"
    )
    linked = field("client", "ref", ref="Customer", required=True, on_delete=OnDelete.CASCADE)
    booking = edited(BOOKING, fields=(linked, *BOOKING.fields[1:]))
    kept.start(app_of(customer, CLASS, booking))

    assert [row["name"] for row in kept.rows("customers")] == ["Ada", "Bob"]
    assert [row["client"] for row in kept.rows("bookings")] == [1, 2]
    assert kept.notes == ["Clients are called Customers now."]
    with kept.session() as db:
        assert db.execute("SELECT 1 FROM sqlite_master WHERE name = 'clients'").fetchone() is None
        db.execute("DELETE FROM customers WHERE id = 1")
    assert [row["client"] for row in kept.rows("bookings")] == [2]


def test_an_older_version_takes_a_newer_file(kept: Kept) -> None:
    customer = edited(CLIENT, name="Customer", table="customers", plural="Customers", was="Client")
    linked = field("client", "ref", ref="Customer", required=True, on_delete=OnDelete.CASCADE)
    kept.start(app_of(customer, CLASS, edited(BOOKING, fields=(linked, *BOOKING.fields[1:]))))
    kept.start(FIRST)
    assert [row["name"] for row in kept.rows("clients")] == ["Ada", "Bob"]
    assert len(kept.rows("bookings")) == 2


def test_a_kind_of_record_that_is_no_more_is_kept_aside(kept: Kept) -> None:
    kept.start(app_of(CLIENT, CLASS))
    assert [json.loads(value)["status"] for _, value in kept.kept("")] == ["Paid", "New"]
    assert kept.notes == ["Bookings are not part of this version; their 2 records are kept in the table app_kept."]


def test_a_text_becomes_a_number_where_it_is_one(kept: Kept) -> None:
    kept.start(with_size("int"))
    assert [row["size"] for row in kept.rows("clients")] == [12, None]
    assert kept.kept("size") == [(2, "large")]
    assert kept.notes == [
        "Size of Clients became Size of another kind; 1 value did not fit as it was and is kept in "
        "the table app_kept."
    ]


def test_a_text_becomes_a_choice_where_it_is_one_of_them(kept: Kept) -> None:
    kept.start(with_size("choice", choices=("Small", "Large")))
    assert [row["size"] for row in kept.rows("clients")] == [None, "Large"]
    assert kept.kept("size") == [(1, "12")]


@pytest.mark.parametrize(
    ("old", "value", "new", "becomes"),
    [
        ("money", 1200, "int", 12),
        ("money", 1250, "int", None),
        ("int", 12, "money", 1200),
        ("date", "2030-05-01", "datetime", "2030-05-01T00:00"),
        ("datetime", "2030-05-01T00:00", "date", "2030-05-01"),
        ("bool", 1, "text", "Yes"),
        ("text", "no", "bool", 0),
        ("int", 7, "bool", None),
        ("email", "ada@example.com", "text", "ada@example.com"),
        ("text", "ada", "email", None),
        ("longtext", "one\ntwo", "text", "one two"),
        ("int", 3, "text", "3"),
        ("money", 350, "text", "3.50"),
    ],
)
def test_a_value_changes_with_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, value: Any, new: str, becomes: Any
) -> None:
    kept = Kept(tmp_path, monkeypatch.setenv)
    kept.start(app_of(entity("Thing", field("name", required=True), field("it", old))))
    kept.insert("things", name="one", it=value)
    kept.start(app_of(entity("Thing", field("name", required=True), field("it", new))))
    assert kept.rows("things")[0]["it"] == becomes
    if becomes is None:
        assert kept.kept("it") == [(1, str(value))]
        assert len(kept.notes) == 1


def test_the_time_of_a_day_is_kept_aside_when_only_the_day_stays(kept: Kept) -> None:
    kept.start(app_of(CLIENT, edited(CLASS, fields=(*CLASS.fields[:2], field("starts_at", "date"))), BOOKING))
    assert kept.rows("lessons")[0]["starts_at"] == "2030-05-01"
    assert kept.kept("starts_at") == [(1, "2030-05-01T18:30")]


def test_a_link_that_becomes_a_text_says_what_it_led_to(kept: Kept) -> None:
    booking = edited(BOOKING, fields=(field("client", "text", required=True), *BOOKING.fields[1:]))
    kept.start(app_of(CLIENT, CLASS, booking))
    assert [row["client"] for row in kept.rows("bookings")] == ["Ada", "Bob"]


def test_a_choice_that_is_no_more_is_kept_aside(kept: Kept) -> None:
    status = field("status", "choice", choices=("New", "Done"), required=True)
    kept.start(app_of(CLIENT, CLASS, edited(BOOKING, fields=(*BOOKING.fields[:2], status))))
    assert [row["status"] for row in kept.rows("bookings")] == ["New", "New"]
    assert kept.kept("status") == [(1, "Paid")]


def test_a_choice_that_is_renamed_keeps_its_records_and_going_back_as_well(kept: Kept) -> None:
    renamed = (ChoiceWas(name="Settled", was="Paid"),)
    status = field("status", "choice", choices=("New", "Settled", "Cancelled"), choices_were=renamed)
    kept.start(app_of(CLIENT, CLASS, edited(BOOKING, fields=(*BOOKING.fields[:2], status))))
    assert [row["status"] for row in kept.rows("bookings")] == ["Settled", "New"]
    assert kept.kept("status") == []
    kept.start(FIRST)
    assert [row["status"] for row in kept.rows("bookings")] == ["Paid", "New"]


def test_a_move_that_breaks_off_leaves_the_file_as_it_was(kept: Kept) -> None:
    before = kept.path.read_bytes()
    spec = with_size("int")
    with sqlite3.connect(kept.path) as db:
        db.execute("CREATE TABLE app_aside_0 (id INTEGER)")
    with pytest.raises(sqlite3.OperationalError):
        kept.start(spec)
    assert [row["size"] for row in kept.rows("clients")] == ["12", "large"]
    with sqlite3.connect(kept.path) as db:
        db.execute("DROP TABLE app_aside_0")
    kept.start(spec)
    assert [row["size"] for row in kept.rows("clients")] == [12, None]
    assert before


def test_the_history_of_a_record_follows_its_new_name(kept: Kept) -> None:
    with kept.session() as db:
        db.execute("CREATE TABLE IF NOT EXISTS app_changes (id INTEGER PRIMARY KEY, record_table, record_id)")
        names = {row["name"] for row in db.execute("PRAGMA table_info(app_changes)")}
        values = dict.fromkeys(names - {"id"}, "") | {"record_table": "clients", "record_id": 1}
        marks = ", ".join("?" for _ in values)
        db.execute(f"INSERT INTO app_changes ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    kept.start(app_of(edited(CLIENT, name="Customer", table="customers", plural="Customers", was="Client"), CLASS))
    assert [row["record_table"] for row in kept.rows("app_changes")] == ["customers"]


def test_records_that_break_a_new_rule_are_kept_and_listed(kept: Kept) -> None:
    kept.insert("clients", name="Ada", size="1")
    rule = RuleSpec(kind=RuleKind.UNIQUE, entity="Client", fields=("name",), about="Names differ.")
    spec = app_of(CLIENT, CLASS, BOOKING, rules=[rule])
    guard = (
        "CREATE TRIGGER IF NOT EXISTS one_name BEFORE UPDATE OF name ON clients WHEN EXISTS "
        "(SELECT 1 FROM clients o WHERE o.name = NEW.name AND o.id <> OLD.id) "
        "BEGIN SELECT RAISE(ABORT, 'rule'); END"
    )
    with kept.session() as db:
        db.execute(guard)
    kept.start(spec)
    assert [row["name"] for row in kept.rows("clients")] == ["Ada", "Bob", "Ada"]
    assert kept.notes == ["2 records of Clients broke a new rule and are kept: #1, #3. Names differ."]


def test_records_that_meet_in_their_minutes_are_kept_and_listed_when_the_rule_begins_to_count_them(
    kept: Kept,
) -> None:
    client = field("client", "ref", ref="Client", required=True, on_delete=OnDelete.CASCADE)
    walk = entity("Walk", field("starts_at", "datetime", required=True), field("duration_min", "int"), client)
    about = "This client has a walk then."
    moments, spans = (
        RuleSpec(kind=RuleKind.NO_OVERLAP, entity="Walk", fields=names, about=about)
        for names in (("starts_at", "client"), ("starts_at", "duration_min", "client"))
    )
    kept.start(app_of(CLIENT, walk, rules=[moments]))
    for clock, minutes in (("10:00", 60), ("10:30", 30), ("11:00", 30), ("12:00", None)):
        kept.insert("walks", starts_at=f"2030-05-01T{clock}", duration_min=minutes, client=1)

    kept.start(app_of(CLIENT, walk, rules=[spans]))

    assert len(kept.rows("walks")) == 4
    assert kept.notes == [f"2 records of Walks broke a new rule and are kept: #1, #2. {about}"]
    with pytest.raises(sqlite3.IntegrityError, match="rule walks 0"):
        kept.insert("walks", starts_at="2030-05-01T11:29", client=1)


def with_accounts(client: EntitySpec, role: str) -> AppSpec:
    linked = field("client", "ref", ref=client.name, required=True, on_delete=OnDelete.CASCADE)
    spec = app_of(client, CLASS, edited(BOOKING, fields=(linked, *BOOKING.fields[1:])))
    own = RoleSpec(name=role, about="They book.", scope=RoleScope.OWN, entity=client.name)
    return spec.model_copy(update={"roles": (own,)})


def test_an_account_follows_its_role_and_never_becomes_more_than_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path, monkeypatch.setenv)
    client = edited(CLIENT, fields=fields_of(CLIENT, field("email", "email")))
    first = kept.start(with_accounts(client, "Client")).__package__
    people = importlib.import_module(f"{first}.people")
    with kept.session() as db:
        for role in ("Client", "Owner", " Owner"):
            email = f"{role.strip()}{len(role)}@example.com"
            people.add(db, name="Ada", email=email, hashed=people.hash_password("a long password"), role=role)

    member = edited(client, name="Member", table="members", plural="Members", was="Client")
    second = kept.start(with_accounts(member, "Regular")).__package__

    assert [row["role"] for row in kept.rows("app_users")] == ["Regular", "Owner", " Owner"]
    role_of = importlib.import_module(f"{second}.access")._role_of
    assert role_of("Regular").own == "members"
    assert role_of(" Owner").own == ""
    assert [role_of(name) for name in ("Client", "Owner", "Staff", "")] == [None] * 4


NAMES = ["name", "phone", "size", "level", "notes", "due"]
KINDS = ["text", "longtext", "int", "money", "date", "datetime", "bool", "email", "phone", "url", "image", "file"]
SAMPLES: dict[str, list[Any]] = {
    "text": ["Ada", "12", "yes", "2030-05-01"],
    "longtext": ["a\nb", "7"],
    "int": [0, 12],
    "money": [1250, 1200],
    "date": ["2030-05-01"],
    "datetime": ["2030-05-01T18:30", "2030-05-01T00:00"],
    "bool": [0, 1],
    "email": ["ada@example.com"],
    "phone": ["+44 20 7946 0000"],
    "url": ["https://example.com/a"],
    "image": [f"{'0' * 32}.png/Ada.png"],
    "file": [f"{'1' * 32}.pdf/Contract.pdf", f"{'2' * 32}.jpg/Ada.jpg"],
}


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, str]:
    """Fields of one kind of record, name to type."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    return {name: draw(st.sampled_from(KINDS)) for name in names}


def thing(shape: dict[str, str], name: str, was: str | None = None) -> AppSpec:
    made = [field(one, kind) for one, kind in shape.items()]
    return app_of(entity(name, field("title", required=True), *made, was=was))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(shapes(), min_size=2, max_size=4), data=st.data())
def test_no_row_and_no_value_is_lost_over_many_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: list[dict[str, str]], data: st.DataObject
) -> None:
    folder = tmp_path / uuid.uuid4().hex
    folder.mkdir()
    kept = Kept(folder, monkeypatch.setenv)
    name = "Thing0"
    kept.start(thing(versions[0], name))
    values = {one: data.draw(st.sampled_from(SAMPLES[kind])) for one, kind in versions[0].items()}
    for number in range(3):
        kept.insert("thing0s", title=f"t{number}", **values)
    for number, shape in enumerate(versions[1:], start=1):
        new = data.draw(st.sampled_from([name, f"Thing{number}"]))
        kept.start(thing(shape, new, was=name if new != name else None))
        name = new
        table = f"{name.lower()}s"
        assert [(row["id"], row["title"]) for row in kept.rows(table)] == [(1, "t0"), (2, "t1"), (3, "t2")]
    last = kept.rows(f"{name.lower()}s")[0]
    for one, value in values.items():
        unchanged = all(shape.get(one) == versions[0][one] for shape in versions)
        assert last.get(one) == value if unchanged else last.get(one) is not None or kept.kept(one), one
    with kept.session() as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
