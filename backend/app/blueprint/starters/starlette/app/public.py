"""The forms that anybody may fill in, and their confirmation."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import conditions, database, hosts, line_forms, lines, locks, moves, once, own_links, people, prices, records, rules
from .access import Condition, Guest, summed
from .choices import NAMED
from .clock import now, today
from .fields import Value, clock, show
from .model import FILES, Entity, Field, Form
from .entering import first_values, read_all
from .rendering import cells, render
from .rendering import Form as Posted
from .routing import Number, Routes, Words
from .schema import ABOUT, FORMS, SITE
from .security import hold_back, receipt
from .text import fold

OFFERED = 60
VISITOR = " (visitor)"
OVER = "That is over already; choose another."
SENT = "sent"
CARD_OFFERS = 6
PERSON_NAME = Field("person_name", "Your name", required=True)
PERSON_EMAIL = Field("person_email", "Your e-mail", "email", required=True)
INVITATION = Field("invitation", "Invitation code")
SHORT_FORM = 4
PLAIN_STARTS = ("Starts at", "Starts on", "Start")
BY_FIELD = {(form.table, name): sql for form in FORMS for name, sql in form.offers}
"""What the links of forms can be chosen from, as SQL."""

routes = Routes()


def form_of(table: str) -> Form:
    """The public form of that kind of record."""
    return next(form for form in FORMS if form.table == table)


def offered(db: sqlite3.Connection, form: Form, code: str, settled: Collection[str] = ()) -> dict[str, Any]:
    """A form as a part of another page: its fields where they are few and plain, else what can be chosen in it.

    The fields `settled` are decided by where the form stands.
    """
    fields = [field for field in _every_field(form) if field.name not in settled]
    is_short = len(fields) <= SHORT_FORM and not form.lines and not any(field.ref or field.choices or field.type in FILES for field in fields)
    given = {INVITATION.name: code} if code else {}
    return {"form": form, "fields": fields if is_short else [], "given": given, "offers": _card_offers(db, form)}


def action(db: sqlite3.Connection, form: Form) -> dict[str, Any]:
    """A form with the first things that can be chosen in it."""
    return {"form": form, "entity": database.BY_TABLE[form.table], "offers": _card_offers(db, form)}


def _card_offers(db: sqlite3.Connection, form: Form) -> dict[str, Any]:
    """The first things to choose from, for the first page: what has room, or else what has a price. Never people."""
    entity = database.BY_TABLE[form.table]
    asked = [field for field in _asked(form) if field.ref and not people.email_field(database.BY_TABLE[field.ref])]
    counted = [field for field in asked if rules.counts(entity, field.name)]
    priced = [field for field in asked if _is_for_sale(database.BY_TABLE[field.ref])]
    for field in [*counted, *priced][:1]:
        return {"field": field.name, "rows": _offers(db, entity, field, limit=CARD_OFFERS)}
    return {"field": "", "rows": []}


def _is_for_sale(target: Entity) -> bool:
    """Something with a price and no day or status of its own, such as a loaf and unlike somebody's repair."""
    return bool(target.of_type("money")) and not (_when(target) or target.board or target.state)


def _asked(form: Form) -> list[Field]:
    """The fields that the form asks for, in order."""
    entity = database.BY_TABLE[form.table]
    worked_out = summed(entity)
    return [_in_their_words(entity, entity.field(name), form) for name in form.fields if name not in (*worked_out, form.person, form.invited_by)]


def _in_their_words(entity: Entity, field: Field, form: Form) -> Field:
    """The field as a visitor would call it: "When", where the staff reads when it starts."""
    times = [name for name in form.fields if entity.field(name).type in ("date", "datetime")]
    return replace(field, label="When") if times == [field.name] and field.label in PLAIN_STARTS else field


def _every_field(form: Form) -> list[Field]:
    """All that the form asks for, with whoever fills it in and who invited them."""
    invitation = [INVITATION] if form.invited_by else []
    return _ordered([*_asked(form), *_person_fields(form), *invitation])


def _person_fields(form: Form) -> list[Field]:
    if not form.person:
        return []
    target = database.BY_TABLE[database.BY_TABLE[form.table].field(form.person).ref]
    return [PERSON_NAME, PERSON_EMAIL] if people.email_field(target) else [PERSON_NAME]


def _offers(db: sqlite3.Connection, entity: Entity, field: Field, *, limit: int = OFFERED) -> list[dict[str, Any]]:
    """What a link can be chosen from: nothing that is over, the soonest first, each with what is left of it."""
    target = database.BY_TABLE[field.ref]
    when = _when(target)
    where, values = _still_offered(db, entity, field)
    rows = database.select(db, target, where, values, order=f'"{when}", id' if when else "id", limit=limit)
    room = rules.room(db, entity, field.name, [int(row["id"] or 0) for row in rows])
    titles = database.title_rows(db, target, rows, outside=True)
    found = []
    for row in rows:
        key = int(row["id"] or 0)
        left = room.get(key) if room is not None else None
        when, price = _times(target, row), _price(target, row)
        facts = [*when, *([price] if price else [])]
        found.append({"id": key, "title": titles[key], "facts": facts, "when": when, "price": price, "left": left})
    return found


def _still_offered(db: sqlite3.Connection, entity: Entity, field: Field) -> Condition:
    """The condition that finds what is not over and not refused from the start."""
    target = database.BY_TABLE[field.ref]
    where, values = _not_over(entity, field)
    starts = {**first_values(entity), **conditions.first_values(db, entity, {}), **moves.first_state(entity)}
    refused = conditions.refused_links(db, entity, field.name, starts) | locks.closed_links(db, entity, field)
    # What they do not see, visitors do not choose either.
    return f"({where}) AND ({_is_for_visitors(entity, field)}) AND id NOT IN ({', '.join(map(str, refused))})", values


def _is_for_visitors(entity: Entity, field: Field) -> str:
    """The SQL that finds what visitors can choose: what they see, and what the form offers."""
    shown = BY_FIELD.get((entity.table, field.name), "1")
    return f"({database.BY_TABLE[field.ref].public_if}) AND ({shown})"


def _said(offer: Mapping[str, Any]) -> str:
    return " · ".join([offer["title"], *offer["facts"]])


def _too_many(db: sqlite3.Connection, entity: Entity, offers: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    """How many there are to choose from, for each link of which not all are listed."""
    full = [entity.field(name) for name, some in offers.items() if len(some) == OFFERED]
    counted = {field.name: database.count(db, database.BY_TABLE[field.ref], *_still_offered(db, entity, field)) for field in full}
    return {name: many for name, many in counted.items() if many > OFFERED}


def _chosen_by_name(form: Form, posted: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was sent, with each link that was typed by the words of what it means; and what is wrong with those."""
    kind = lines.of_form(database.BY_TABLE[form.table], form.lines)
    links = [(database.BY_TABLE[form.table], field) for field in _asked(form)]
    links += [(kind.entity, field) for field in line_forms.links(kind, posted)] if kind else []
    given, wrong = dict(posted), {}
    for entity, field in links:
        words = fold(posted.get(field.name + NAMED, "")).split() if field.ref else []
        if words:
            with database.session() as db:
                own = entity.field(field.name.rpartition("-")[2])
                found = [one for one in _offers(db, entity, own, limit=-1) if all(word in fold(_said(one)) for word in words)]
            if len(found) == 1:
                given[field.name] = str(found[0]["id"])
            else:
                wrong[field.name] = f"{len(found)} fit these words. Write more of them." if found else "There is nothing of this name."
    return given, wrong


def _when(target: Entity) -> str:
    return target.calendar or next((one.name for one in _dates(target)), "")


def _dates(target: Entity) -> list[Field]:
    """The dates that somebody plans; one that the app fills in tells when the record was made."""
    return [field for field in target.of_type("datetime", "date") if not field.starts_as]


def _not_over(entity: Entity, field: Field) -> Condition:
    """The condition that finds what a visitor can still choose, where places are counted."""
    target = database.BY_TABLE[field.ref]
    when = _when(target)
    if not when or not rules.counts(entity, field.name):
        return "1", []
    return f'("{when}" IS NULL OR "{when}" >= ?)', [_now(target.field(when))]


def _times(target: Entity, row: database.Row) -> list[str]:
    """When it is."""
    dates = [one for one in _dates(target) if row[one.name] and one.name not in target.title]
    said = [show(one, row[one.name], currency=ABOUT.currency) for one in dates]
    if len(dates) > 1 and str(row[dates[0].name])[:10] == str(row[dates[1].name])[:10]:
        # Two days that are one are said once; of two times of one day, the second is an hour.
        hours = f"–{clock(str(row[dates[1].name]))}" if {one.type for one in dates[:2]} == {"datetime"} else ""
        said[:2] = [f"{said[0]}{hours}"]
    return said


def _price(target: Entity, row: database.Row) -> str:
    """What it costs, if that is known."""
    cost = _cost(target, row)
    return prices.priced(cost, show(cost, row[cost.name], currency=ABOUT.currency)) if cost else ""


def _amount(field: Field, row: database.Row) -> str:
    unit = field.label.partition(" per ")[1:]
    return show(field, row[field.name], currency=ABOUT.currency) + "".join(unit if prices.label_of(field) == "Price" else ())


def _cost(target: Entity, row: database.Row) -> Field | None:
    return prices.told_amount(field for field in target.fields if row[field.name] and field.name not in target.title)


def _now(field: Field) -> str:
    return now().isoformat(timespec="minutes") if field.type == "datetime" else today().isoformat()


def _show(
    request: Request, form: Form, given: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    entity = database.BY_TABLE[form.table]
    fields = _asked(form)
    wrong, status = ({}, 200) if line_forms.asks_more(given) else (wrong, status)
    with database.session() as db:
        offers = {field.name: _offers(db, entity, field) for field in fields if field.ref}
        context_lines = _lines(db, form, given)
        many = _too_many(db, entity, offers)
    context = {
        "lines": context_lines, "form": form, "entity": entity, "fields": _every_field(form), "given": given, "wrong": wrong,
        "offers": offers, "many": many, "heading": form.action, "front": True,
    }  # fmt: skip
    return render(request, "public_form.html", context, status=status)


def _lines(db: sqlite3.Connection, form: Form, given: Mapping[str, str]) -> dict[str, Any] | None:
    """The lines that the form asks for: those that were sent, or a few empty ones."""
    kind = lines.of_form(database.BY_TABLE[form.table], form.lines)
    if kind is None:
        return None
    offers = {field.name: _offers(db, kind.entity, field) for field in kind.fields if field.ref}
    named = {name: {one["id"]: _said(one) for one in some} for name, some in offers.items()}
    notes = {
        name: {one["id"]: f"{one['left']} left" if one["left"] else "full" for one in some if one["left"] is not None}
        for name, some in offers.items()
    }
    return line_forms.shown(kind, lines.posted(_as_new(given)), given, options=named, notes=notes, many=_too_many(db, kind.entity, offers))


def _as_new(given: Mapping[str, str]) -> dict[str, str]:
    """What a visitor sent: their lines are new ones, whatever else it says."""
    return {name: text for name, text in given.items() if not name.endswith((lines.ID, lines.REMOVE))}


def _ordered(fields: list[Field]) -> list[Field]:
    """What is chosen first, what is written at length last."""
    return sorted(fields, key=lambda field: 0 if field.ref else 2 if field.type == "longtext" else 1)


def _keep(db: sqlite3.Connection, form: Form, values: dict[str, Value], sent: line_forms.Sent) -> int:
    """Keep what a visitor sent with its lines, and the record that describes them."""
    who = f"{values.get('person_name') or 'Visitor'}{VISITOR}"

    def start(line: Mapping[str, Value]) -> dict[str, Value]:
        return {**first_values(sent.kind.entity), **line} if sent.kind else dict(line)

    def check(line: Mapping[str, Value]) -> None:
        if sent.kind:
            _refuse_what_is_over(db, sent.kind.entity, sent.kind.fields, line)

    return lines.keep_with(db, sent.kind, sent.lines, lambda: _keep_alone(db, form, values), lines.Writer(who, start, check))


def _keep_alone(db: sqlite3.Connection, form: Form, values: dict[str, Value]) -> int:
    entity = database.BY_TABLE[form.table]
    who = str(values.pop("person_name", None) or "Visitor")
    email = values.pop("person_email", None)
    _refuse_what_is_over(db, entity, _asked(form), values)
    kept = {**first_values(entity), **_today(entity, form), **values}
    if form.invited_by:
        kept[form.invited_by] = _inviter(db, database.BY_TABLE[entity.field(form.invited_by).ref], kept.pop(INVITATION.name))
    if form.person:
        kept[form.person] = _person(db, database.BY_TABLE[entity.field(form.person).ref], who, email)
    return records.add(db, entity, kept, who=f"{who}{VISITOR}", what=SENT)


def _inviter(db: sqlite3.Connection, target: Entity, code: Value) -> int | None:
    """The record whose code a visitor brought along."""
    if not code:
        return None
    name = target.of_type("code")[0].name
    found = database.select(db, target, f'"{name}" = ?', [str(code).strip().lower()], limit=1)
    if not found:
        raise rules.Broken({INVITATION.name: "Nobody has this code. Leave it empty to go on without one."})
    return int(found[0]["id"] or 0)


def _refuse_what_is_over(
    db: sqlite3.Connection, entity: Entity, asked: Sequence[Field], values: Mapping[str, Value]
) -> None:
    """A visitor may know the number of what is not offered any more."""
    over = {}
    for field in asked:
        chosen = values[field.name]
        if field.ref and chosen is not None:
            where, more = _not_over(entity, field)
            target = database.BY_TABLE[field.ref]
            if not database.count(db, target, f"id = ? AND ({where}) AND ({_is_for_visitors(entity, field)})", [chosen, *more]):
                over[field.name] = rules.GONE
    if over:
        raise rules.Broken(over)


def _today(entity: Entity, form: Form) -> dict[str, Value]:
    """Dates that nobody is asked for, such as the day on which something was booked."""
    needed = [one for one in entity.of_type("date", "datetime") if one.name in form.dated]
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
        known = {*form.fields, INVITATION.name}
        given = {name: value[:200] for name, value in request.query_params.items() if name in known}
        return _show(request, form, given, {})

    @routes.post(address)
    def send(request: Request, visitor: Guest, posted: Posted) -> Response:
        """Keeps what was sent, or shows the form again with what is wrong."""
        posted, unfound = _chosen_by_name(form, posted)
        values, wrong = read_all(_every_field(form), posted)
        wrong |= _past(form, values)
        sent = _sent_lines(form, posted)
        wrong |= {**sent.wrong, **unfound}
        if not line_forms.asks_more(posted):
            hold_back(request)
        if not wrong and not line_forms.asks_more(posted):
            try:
                with records.writing() as db:
                    location = once.earlier(db, posted)
                    if not location:
                        once.refuse_other(db, posted)
                        record_id = _keep(db, form, values, sent)
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


def _past(form: Form, values: Mapping[str, Value]) -> dict[str, str]:
    """The days and times that nobody can come to any more."""
    entity = database.BY_TABLE[form.table]
    given = {name: values[name] for name in form.coming if values.get(name) is not None}
    return {name: OVER for name, value in given.items() if str(value) < _now(entity.field(name))}


def _sent_lines(form: Form, posted: Mapping[str, str]) -> line_forms.Sent:
    """The lines that a visitor sent."""
    kind = lines.of_form(database.BY_TABLE[form.table], form.lines)
    sent = line_forms.read(kind, _as_new(posted))
    return sent if sent.lines or kind is None else line_forms.Sent(kind, (), {"line-0": f"Fill in at least one {kind.entity.one}."})


def _thanks(request: Request, form: Form, record_id: int, sign: str) -> HTMLResponse:
    entity = database.BY_TABLE[form.table]
    told: list[tuple[str, str]] = []
    address, share, about = "", "", None
    if own_links.is_good(request.app.state.key, form.table, record_id, sign):
        address = own_links.address(request.app.state.key, form.table, record_id)
        with database.session() as db:
            row = database.get(db, entity, record_id)
            fields = [entity.field(name) for name in form.fields if name not in (form.person, form.invited_by)]
            fields += [entity.field(name) for name in form.shows if name not in form.fields]
            fields += [field for field in own_totals(entity) if field not in fields and row and row[field.name]]
            shown = cells(db, entity, [row], fields)[0]["cells"] if row else []
            told = [(field.label, text) for field, _, text in shown if text]
            told += untold(about_chosen(db, form, row), told) if row else []
            named = sender(db, form, record_id) if row and form.person else ""
            told += [("Name", named)] if named else []
            told += _told_lines(db, form, record_id) if row else []
            share = _share(request, form, row) if row else ""
            about = _about(db, form, row) if row else None
    elif record_id:
        raise HTTPException(404, "There is no such page.")
    context = {
        "form": form, "entity": entity, "told": told, "heading": form.thanks, "front": True, "address": address,
        "share": share, "of": about, "site": str(request.base_url).rstrip("/"),
    }  # fmt: skip
    return render(request, "thanks.html", context)


def _share(request: Request, form: Form, row: database.Row) -> str:
    """The link that a visitor passes on, where whoever comes by it is counted for them."""
    entity = database.BY_TABLE[form.table]
    codes = entity.of_type("code")
    if not form.invited_by or entity.field(form.invited_by).ref != form.table or not codes:
        return ""
    is_on_front = any(section.kind == "signup" and section.table == form.table for section in SITE)
    path = "/" if is_on_front else f"/forms/{form.table}"
    return f"{str(request.base_url).rstrip('/')}{path}?{INVITATION.name}={row[codes[0].name]}"


def _about(db: sqlite3.Connection, form: Form, row: database.Row) -> tuple[str, str] | None:
    """The public page of what the form was filled in about, and what leads back there."""
    for name in form.fields:
        field = database.BY_TABLE[form.table].field(name)
        target = database.BY_TABLE.get(field.ref)
        if target is not None and target.public == "detail" and row[name] is not None:
            return f"/browse-{target.table}/{row[name]}", f"Back to the {target.one}"
    return None


def _told_lines(db: sqlite3.Connection, form: Form, record_id: int) -> list[tuple[str, str]]:
    kind = lines.of_form(database.BY_TABLE[form.table], form.lines)
    if kind is None:
        return []
    rows = database.select(db, kind.entity, f'"{kind.link.name}" = ?', [record_id], order="id", limit=lines.MOST)
    shown = cells(db, kind.entity, rows, list(kind.fields))
    return [(kind.entity.label, ", ".join(text for _, _, text in row["cells"] if text)) for row in shown]


def sender(db: sqlite3.Connection, form: Form, record_id: int) -> str:
    """Whom the visitor said to be, which need not be what the record of that e-mail says."""
    notes = records.history(db, database.BY_TABLE[form.table], record_id)
    sent = [note["who"].removesuffix(VISITOR) for note in notes if note["what"] == SENT]
    return sent[0] if form.person and sent else ""


def about_chosen(db: sqlite3.Connection, form: Form, row: database.Row) -> list[tuple[str, str]]:
    """When it is and what it costs, of what the visitor chose."""
    told = []
    for field in _asked(form):
        target = None if own_links.is_hidden(database.BY_TABLE[form.table], field) else database.BY_TABLE.get(field.ref)
        chosen = database.get(db, target, int(row[field.name] or 0)) if target else None
        if target and chosen:
            times, cost = _times(target, chosen), _cost(target, chosen)
            told += [("When", ", ".join(times))] if times else []
            told += [(prices.label_of(cost), _amount(cost, chosen))] if cost else []
    return told


def untold(told: Sequence[tuple[str, str]], own: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is told of what was chosen, without what the record itself says: its own price is the one that counts."""
    labels = {label for label, _ in own}
    return [(label, text) for label, text in told if label not in labels]


def own_totals(entity: Entity) -> list[Field]:
    """The amounts that the app works out of what somebody sent, such as a total, but for what the business makes of it."""
    amounts = [field for field in entity.shows if field.type == "money" and (field.sql or field.name in summed(entity))]
    return [field for field in amounts if not (prices.concerns_staff(field) or own_links.is_hidden(entity, field))]


def can_cancel(db: sqlite3.Connection, form: Form, row: database.Row) -> bool:
    """Whether whoever sent the form may still call off what they asked for: nobody is at it, and it is to come."""
    # Only a form that says what cancelling is has a state to look at.
    if not form.cancels or row[form.state] not in form.open or _is_over(db, form, row):
        return False
    lock = locks.lock_on(db, database.BY_TABLE[form.table], int(row["id"] or 0))
    return lock is None or form.state in lock.opens


def _is_over(db: sqlite3.Connection, form: Form, row: database.Row) -> bool:
    entity = database.BY_TABLE[form.table]
    for field in _asked(form):
        value = row[field.name]
        if field.type in ("date", "datetime") and value and str(value) < _now(field):
            return True
        if field.ref and value is not None:
            where, more = _not_over(entity, field)
            if not database.count(db, database.BY_TABLE[field.ref], f"id = ? AND {where}", [value, *more]):
                return True
    return False


for one in FORMS:
    _add_routes(one)
