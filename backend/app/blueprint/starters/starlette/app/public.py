"""What visitors see: the front page, the forms that anybody may fill in, and their confirmation."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, hosts, once, people, records, rules
from .access import Condition, Guest, summed
from .clock import now, today
from .fields import Value, clock, show
from .model import Entity, Field, Form
from .pages import first_values, read_all
from .rendering import DASHBOARD, HAS_FRONT, cells, render
from .rendering import Form as Posted
from .routing import Number, Routes, Words
from .schema import ABOUT, FORMS
from .security import hold_back, receipt

OFFERED = 60
VISITOR = " (visitor)"
SENT = "sent"
CARD_OFFERS = 4
PERSON_NAME = Field("person_name", "Your name", required=True)
PERSON_EMAIL = Field("person_email", "Your e-mail", "email", required=True)

routes = Routes()


def front(request: Request, visitor: Guest) -> Response:
    """What the app is, in the goal's own words, and what a visitor can do here."""
    if visitor is not None and visitor.session and not FORMS:
        return RedirectResponse(DASHBOARD, 303)
    with database.session() as db:
        actions = [
            {"form": form, "entity": database.BY_TABLE[form.table], "offers": _card_offers(db, form)} for form in FORMS
        ]
        waits = not hosts.preview_access(request.scope) and not people.has_owner(db)
        return render(request, "front.html", {"actions": actions, "front": True, "waits": waits})


if HAS_FRONT:
    routes.get("/")(front)


def _card_offers(db: sqlite3.Connection, form: Form) -> dict[str, Any]:
    """The first things to choose from, for the card of a form."""
    for field in _asked(form):
        if field.ref and rules.room(db, database.BY_TABLE[form.table], field.name) is not None:
            return {"field": field.name, "rows": _offers(db, database.BY_TABLE[form.table], field)[:CARD_OFFERS]}
    return {"field": "", "rows": []}


def _asked(form: Form) -> list[Field]:
    """The fields that the form asks for, in order."""
    entity = database.BY_TABLE[form.table]
    worked_out = summed(entity)
    return [entity.field(name) for name in form.fields if name not in worked_out and name != form.person]


def _person_fields(form: Form) -> list[Field]:
    if not form.person:
        return []
    target = database.BY_TABLE[database.BY_TABLE[form.table].field(form.person).ref]
    return [PERSON_NAME, PERSON_EMAIL] if people.email_field(target) else [PERSON_NAME]


def _offers(db: sqlite3.Connection, entity: Entity, field: Field) -> list[dict[str, Any]]:
    """What a link can be chosen from: nothing that is over, the soonest first, each with what is left of it."""
    target = database.BY_TABLE[field.ref]
    when = _when(target)
    room = rules.room(db, entity, field.name)
    where, values = _not_over(entity, field)
    rows = database.select(db, target, where, values, order=f'"{when}", id' if when else "id", limit=OFFERED)
    titles = database.title_rows(db, target, rows)
    found = []
    for row in rows:
        key = int(row["id"] or 0)
        left = room.get(key) if room is not None else None
        found.append({"id": key, "title": titles[key], "facts": _facts(target, row), "left": left})
    return found


def _when(target: Entity) -> str:
    return target.calendar or next((one.name for one in target.of_type("datetime", "date")), "")


def _not_over(entity: Entity, field: Field) -> Condition:
    """The condition that finds what a visitor can still choose, where places are counted."""
    target = database.BY_TABLE[field.ref]
    when = _when(target)
    if not when or not rules.counts(entity, field.name):
        return "1", []
    return f'("{when}" IS NULL OR "{when}" >= ?)', [_now(target.field(when))]


def _facts(target: Entity, row: database.Row) -> list[str]:
    """What helps somebody to choose: when it is, and what it costs."""
    dates = [one for one in target.of_type("datetime", "date") if row[one.name] and one.name not in target.title]
    costs = [one for one in target.of_type("money") if row[one.name] and one.name not in target.title]
    said = [show(one, row[one.name], currency=ABOUT.currency) for one in (*dates, *costs[:1])]
    if len(dates) > 1 and str(row[dates[0].name])[:10] == str(row[dates[1].name])[:10]:
        said[:2] = [f"{said[0]}–{clock(str(row[dates[1].name]))}"]
    return said


def _now(field: Field) -> str:
    return now().isoformat(timespec="minutes") if field.type == "datetime" else today().isoformat()


def _show(
    request: Request, form: Form, given: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    entity = database.BY_TABLE[form.table]
    fields = _asked(form)
    with database.session() as db:
        offers = {field.name: _offers(db, entity, field) for field in fields if field.ref}
    context = {
        "form": form, "entity": entity, "fields": _ordered([*fields, *_person_fields(form)]), "given": given, "wrong": wrong,
        "offers": offers, "heading": form.action, "front": True,
    }  # fmt: skip
    return render(request, "public_form.html", context, status=status)


def _ordered(fields: list[Field]) -> list[Field]:
    """What is chosen first, what is written at length last."""
    return sorted(fields, key=lambda field: 0 if field.ref else 2 if field.type == "longtext" else 1)


def _keep(db: sqlite3.Connection, form: Form, values: dict[str, Value]) -> int:
    """Keep what a visitor sent, with the record that describes them."""
    entity = database.BY_TABLE[form.table]
    who = str(values.pop("person_name", None) or "Visitor")
    email = values.pop("person_email", None)
    _refuse_what_is_over(db, form, values)
    kept = {**first_values(entity), **_today(entity, form), **values}
    if form.person:
        kept[form.person] = _person(db, database.BY_TABLE[entity.field(form.person).ref], who, email)
    return records.add(db, entity, kept, who=f"{who}{VISITOR}", what=SENT)


def _refuse_what_is_over(db: sqlite3.Connection, form: Form, values: Mapping[str, Value]) -> None:
    """A visitor may know the number of what is not offered any more."""
    entity, over = database.BY_TABLE[form.table], {}
    for field in _asked(form):
        chosen = values[field.name]
        if field.ref and chosen is not None:
            where, more = _not_over(entity, field)
            if not database.count(db, database.BY_TABLE[field.ref], f"id = ? AND {where}", [chosen, *more]):
                over[field.name] = rules.GONE
    if over:
        raise rules.Broken(over)


def _today(entity: Entity, form: Form) -> dict[str, Value]:
    """Dates that every record needs and nobody is asked for, such as the day of a booking."""
    needed = [one for one in entity.of_type("date", "datetime") if one.required and one.name not in form.fields]
    moment = now().isoformat(timespec="minutes")
    return {one.name: moment if one.type == "datetime" else moment[:10] for one in needed}


def _person(db: sqlite3.Connection, target: Entity, name: str, email: Value) -> int:
    found = people.own_record(db, target, str(email)) if email else None
    if found is not None:
        return found
    values = {**first_values(target), people.name_field(target): name, people.email_field(target): email}
    return records.add(db, target, {key: value for key, value in values.items() if key}, who=f"{name}{VISITOR}")


def _add_routes(form: Form) -> None:
    """The addresses of one form; a kind of record may itself be called forms."""
    address = f"/forms/{form.table}"

    @routes.get(address)
    def ask(request: Request, visitor: Guest) -> HTMLResponse:
        """The empty form; a query such as ?yoga_class=3 chooses something."""
        given = {name: value[:200] for name, value in request.query_params.items() if name in form.fields}
        return _show(request, form, given, {})

    @routes.post(address)
    def send(request: Request, visitor: Guest, posted: Posted) -> Response:
        """Keeps what was sent, or shows the form again with what is wrong."""
        values, wrong = read_all([*_asked(form), *_person_fields(form)], posted)
        hold_back(request)
        if not wrong:
            try:
                with records.writing() as db:
                    location = once.earlier(db, posted)
                    if not location:
                        record_id = _keep(db, form, values)
                        sign = receipt(request.app.state.key, form.table, record_id)
                        location = once.remember(db, posted, f"{address}/done?id={record_id}&sign={sign}")
                return RedirectResponse(location, 303)
            except rules.Broken as broken:
                wrong = broken.problems
        return _show(request, form, posted, wrong, status=422)

    @routes.get(f"{address}/done")
    def thanks(request: Request, visitor: Guest, id: Number = 0, sign: Words = "") -> HTMLResponse:
        """Says that it arrived; what was sent is shown to whoever sent it."""
        return _thanks(request, form, id, sign)


def _thanks(request: Request, form: Form, record_id: int, sign: str) -> HTMLResponse:
    entity = database.BY_TABLE[form.table]
    told: list[tuple[str, str]] = []
    if sign.isascii() and hmac.compare_digest(sign, receipt(request.app.state.key, form.table, record_id)):
        with database.session() as db:
            row = database.get(db, entity, record_id)
            fields = [entity.field(name) for name in form.fields if name != form.person]
            shown = cells(db, entity, [row], fields)[0]["cells"] if row else []
            told = [(field.label, text) for field, _, text in shown if text]
            told += _sender(db, form, record_id) if row and form.person else []
    elif record_id:
        raise HTTPException(404, "There is no such page.")
    context = {"form": form, "entity": entity, "told": told, "heading": form.thanks, "front": True}
    return render(request, "thanks.html", context)


def _sender(db: sqlite3.Connection, form: Form, record_id: int) -> list[tuple[str, str]]:
    """Whom the visitor said to be, which need not be what the record of that e-mail says."""
    entity = database.BY_TABLE[form.table]
    sent = [note["who"] for note in records.history(db, entity, record_id) if note["what"] == SENT]
    return [(entity.field(form.person).label, name.removesuffix(VISITOR)) for name in sent[:1]]


for one in FORMS:
    _add_routes(one)
