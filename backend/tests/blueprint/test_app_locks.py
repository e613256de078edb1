"""What a rule of a generated app keeps as it is, whichever way somebody comes to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp

SETTLED: Final = "An accepted quote can no longer be changed."
ARCHIVED: Final = "Notes of an accepted quote stay as they are."
QUOTES: Final = AppSpec.model_validate(
    {
        "title": "Panes",
        "tagline": "Quotes",
        "entities": [
            {"name": "Customer", "fields": [{"name": "name", "required": True}]},
            {
                "name": "Quote",
                "lines": "QuoteLine",
                "fields": [
                    {"name": "number", "required": True},
                    {
                        "name": "customer",
                        "type": "ref",
                        "ref": "Customer",
                        "required": True,
                        "on_delete": "cascade",
                    },
                    {"name": "agent", "type": "ref", "ref": "Customer"},
                    {"name": "status", "type": "choice", "choices": ["Draft", "Accepted"], "required": True},
                    {"name": "total", "type": "money"},
                ],
            },
            {
                "name": "QuoteLine",
                "fields": [
                    {"name": "what", "required": True},
                    {"name": "quote", "type": "ref", "ref": "Quote", "required": True, "on_delete": "cascade"},
                    {"name": "amount", "type": "money", "required": True},
                ],
            },
            {
                "name": "Comment",
                "fields": [
                    {"name": "text", "required": True},
                    {"name": "quote", "type": "ref", "ref": "Quote", "required": True, "on_delete": "cascade"},
                ],
            },
            {
                "name": "Note",
                "fields": [
                    {"name": "text", "required": True},
                    {"name": "quote", "type": "ref", "ref": "Quote", "required": True, "on_delete": "cascade"},
                ],
            },
            {
                "name": "Order",
                "state": "status",
                "fields": [
                    {"name": "what", "required": True},
                    {"name": "status", "type": "choice", "choices": ["Open", "Paid", "Closed"], "required": True},
                    {"name": "closed_on", "type": "date"},
                ],
                "moves": [
                    {"label": "Pay", "sources": ["Open"], "target": "Paid", "about": "It is paid."},
                    {
                        "label": "Close",
                        "sources": ["Paid"],
                        "target": "Closed",
                        "about": "It is closed.",
                        "sets": [{"field": "closed_on", "value": "today"}],
                    },
                ],
            },
        ],
        "rules": [
            {"kind": "locked", "entity": "Quote", "condition": 'status = "Accepted"', "about": SETTLED},
            {"kind": "locked", "entity": "Note", "condition": 'quote.status = "Accepted"', "about": ARCHIVED},
            {"kind": "locked", "entity": "Order", "condition": 'status != "Open"', "about": "A paid order stays."},
            {"kind": "sum", "entity": "QuoteLine", "fields": ["amount", "quote"], "about": "Lines add up."},
        ],
    }
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    app = LoadedApp(QUOTES, tmp_path_factory.mktemp("locks"))
    return SimpleNamespace(
        **{name: app.module(name) for name in ("database", "records", "rules", "lines", "moves")}
    )


class Office:
    """The records of the app, kept and changed by its own functions."""

    def __init__(self, loaded: Any) -> None:
        self.app = loaded

    def entity(self, table: str) -> Any:
        return self.app.database.BY_TABLE[table]

    def row(self, table: str, number: int) -> Mapping[str, Any] | None:
        with self.app.database.session() as db:
            found: Mapping[str, Any] | None = self.app.database.get(db, self.entity(table), number)
            return found

    def add(self, table: str, /, **values: Any) -> int:
        with self.app.records.writing() as db:
            return int(self.app.records.add(db, self.entity(table), values, who="Olga"))

    def change(self, table: str, record: int, /, **values: Any) -> None:
        with self.app.records.writing() as db:
            row = self.app.database.get(db, self.entity(table), record)
            self.app.records.change(db, self.entity(table), row, values, who="Olga")

    def remove(self, table: str, number: int) -> int:
        with self.app.records.writing() as db:
            row = self.app.database.get(db, self.entity(table), number)
            return int(self.app.records.remove(db, self.entity(table), row, who="Olga"))

    def bring_back(self, undo: int) -> None:
        with self.app.records.writing() as db:
            self.app.records.restore(db, undo, who="Olga")

    def quote(self, status: str = "Draft") -> int:
        customer = self.add("customers", name="Ada")
        return self.add("quotes", number="Q-1", customer=customer, status=status)

    def line(self, quote: int, *, what: str = "added") -> int:
        values = {"what": "Panes", "quote": quote, "amount": 5000}
        with self.app.records.writing() as db:
            return int(self.app.records.add(db, self.entity("quote_lines"), values, who="Olga", what=what))

    def refuses(self, why: str) -> Any:
        return pytest.raises(self.app.rules.Broken, match=why)


@pytest.fixture
def office(loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    loaded.database.migrate()
    yield Office(loaded)
    loaded.database.close_idle()


def test_an_accepted_quote_is_neither_changed_nor_deleted_and_its_state_alone_can_be_put_right(
    office: Office,
) -> None:
    quote = office.quote()
    line = office.line(quote)
    office.change("quotes", quote, number="Q-2", status="Accepted")
    before = office.row("quotes", quote)
    assert before is not None
    assert before["total"] == 5000

    for values in ({"number": "Q-3"}, {"number": "Q-3", "status": "Draft"}, {"agent": before["customer"]}):
        with office.refuses(SETTLED):
            office.change("quotes", quote, **values)
    with office.refuses(SETTLED):
        office.remove("quotes", quote)
    with office.refuses(SETTLED):
        office.remove("customers", before["customer"])
    assert office.row("quotes", quote) == before
    assert office.row("quote_lines", line) is not None

    office.change("quotes", quote, status="Draft")
    office.change("quotes", quote, number="Q-3")
    office.remove("quotes", quote)


def test_a_line_of_an_accepted_quote_is_neither_added_nor_changed_nor_moved_nor_deleted(office: Office) -> None:
    accepted, draft = office.quote(), office.quote()
    inside, outside = office.line(accepted), office.line(draft)
    gone = office.remove("quote_lines", office.line(accepted))
    office.change("quotes", accepted, status="Accepted")

    with office.refuses(SETTLED):
        office.line(accepted)
    for line, values in ((inside, {"amount": 1}), (inside, {"quote": draft}), (outside, {"quote": accepted})):
        with office.refuses(SETTLED):
            office.change("quote_lines", line, **values)
    with office.refuses(SETTLED):
        office.remove("quote_lines", inside)
    with office.refuses(SETTLED):
        office.bring_back(gone)
    assert (office.row("quotes", accepted) or {})["total"] == 5000
    office.change("quote_lines", outside, amount=1)


def test_a_form_is_one_write_and_is_judged_by_what_was_before_it(office: Office) -> None:
    kind = office.app.lines.Kind(*office.app.lines.children_in(office.entity("quotes")), ())
    writer = office.app.lines.Writer("Olga", dict, lambda _: None)
    quote = office.quote()
    number = office.line(quote)
    removed = [office.app.lines.Line(0, {"-id": str(number), "-remove": "1"})]

    def send(status: str) -> None:
        with office.app.records.writing() as db:
            row = office.app.database.get(db, office.entity("quotes"), quote)

            def change() -> int:
                office.app.records.change(db, office.entity("quotes"), row, {"status": status}, who="Olga")
                return quote

            office.app.lines.keep_with(db, kind, removed, change, writer)

    office.change("quotes", quote, status="Accepted")
    with office.refuses(SETTLED):
        send("Draft")  # opening it and taking a line out are two things
    office.change("quotes", quote, status="Draft")
    send("Accepted")
    assert office.row("quote_lines", number) is None


def test_what_else_belongs_to_it_goes_on_unless_a_rule_says_so_too(office: Office) -> None:
    quote, draft = office.quote(), office.quote()
    note = office.add("notes", text="Ring first", quote=quote)
    gone = office.remove("notes", office.add("notes", text="Ring twice", quote=quote))
    office.change("quotes", quote, status="Accepted")

    comment = office.add("comments", text="Thank you", quote=quote)
    office.change("comments", comment, text="Thanks")
    office.remove("comments", comment)

    with office.refuses(ARCHIVED):
        office.add("notes", text="One more", quote=quote)
    for values in ({"text": "Other"}, {"quote": draft}):
        with office.refuses(ARCHIVED):
            office.change("notes", note, **values)
    with office.refuses(ARCHIVED):
        office.remove("notes", note)
    with office.refuses(ARCHIVED):
        office.change("notes", office.add("notes", text="Elsewhere", quote=draft), quote=quote)
    with office.refuses(ARCHIVED):
        office.bring_back(gone)


def test_a_deletion_empties_no_link_of_what_is_settled(office: Office) -> None:
    agent, quote = office.add("customers", name="Bo"), office.quote()
    office.change("quotes", quote, agent=agent)
    office.change("quotes", quote, status="Accepted")
    with office.refuses(SETTLED):
        office.remove("customers", agent)
    assert (office.row("quotes", quote) or {})["agent"] == agent


def test_a_move_goes_on_with_what_it_writes(office: Office) -> None:
    order = office.add("orders", what="Glass", status="Open")
    entity = office.entity("orders")
    for move in entity.moves:
        with office.app.records.writing() as db:
            row = office.app.database.get(db, entity, order)
            office.app.moves.take(db, entity, row, move, {}, who="Olga")
        with office.refuses("A paid order stays."):
            office.change("orders", order, what="More glass")
    assert (office.row("orders", order) or {})["closed_on"]


def test_an_import_brings_the_lines_of_what_an_import_brought(office: Office) -> None:
    customer = office.add("customers", name="Ada")
    values = {"number": "Q-1", "customer": customer, "status": "Accepted"}
    with office.app.records.writing() as db:
        quote = int(office.app.records.add(db, office.entity("quotes"), values, who="Olga", what="imported"))
    office.line(quote, what="imported")
    with office.refuses(SETTLED):
        office.line(quote)
    office.change("quotes", quote, status="Draft")
    office.change("quotes", quote, status="Accepted")
    with office.refuses(SETTLED):
        office.line(quote, what="imported")


def test_what_was_deleted_comes_back_with_its_lines(office: Office) -> None:
    quote = office.quote()
    office.line(quote)
    undo = office.remove("quotes", quote)
    office.bring_back(undo)
    assert (office.row("quotes", quote) or {})["total"] == 5000
