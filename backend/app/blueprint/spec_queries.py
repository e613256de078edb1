"""Small readings of a specification that several writers of files need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.field_types import DATES, ONE_LINE
from app.blueprint.spec import (
    UPLOADED,
    VISITOR,
    AppSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    Reach,
    RoleScope,
    RoleSpec,
)

FINISHED: Final = frozenset(
    "accepted adopted answered archived approved attended cancelled canceled closed collected completed "
    "declined delivered done finished fixed fulfilled harvested hired lost paid passed published received "
    "refunded rejected released resolved retired returned sent served settled shipped sold solved won "
    "withdrawn".split()
)
CALLED_OFF: Final = frozenset("cancelled canceled declined rejected refunded withdrawn lost returned".split())
NOT_STAFF: Final = frozenset({"buyer", "client", "customer", "guest", "public", "user", "visitor"})
CANCELLED: Final = frozenset("cancelled canceled withdrawn".split())
AGREED: Final = frozenset(
    "accepted approved booked confirmed ordered planned requested reserved scheduled".split()
)
PAST_DATES: Final = tuple(
    "born birth joined hired created bought booked ordered issued enrolled registered sent applied claimed saved "
    "invited answered signed opened reported proposed out".split()
)
SPACE_LIMITS: Final = ("capacity", "seats", "places", "spots", "max_people", "spaces")
STOCK_COUNTS: Final = frozenset(
    {"stock", "in_stock", "on_hand", "quantity", "copies", "available", "count", "left"}
)
QUANTITIES: Final = frozenset(
    {"quantity", "qty", "hours", "count", "units", "copies", "number_of", "days", "nights"}
)
JUDGEMENTS: Final = frozenset(
    {
        *("approval", "assessment", "decision", "evaluation", "grade", "mark", "result", "verdict"),
        *("briefing", "clearance", "induction", "orientation"),
    }
)
SUM_NAMES: Final = frozenset({"total", "sum", "amount", "subtotal"})

# English counts these by the piece or the loaf: nobody orders "a bread".
_UNCOUNTED: Final = frozenset(
    "bread food furniture equipment clothing jewellery jewelry luggage baggage advice homework housework music "
    "software hardware feedback information news laundry pottery stationery lingerie merchandise firewood coffee "
    "tea cheese honey meat beef pork fish rice milk flour beer wine timber machinery artwork".split()
)
# Beginnings that are written one way and spoken another.
_SILENT_H: Final = ("hour", "honest", "honou", "honor", "heir")
_SPOKEN_AS_CONSONANT: Final = ("use", "usua", "uk", "uni", "uti", "eu", "one", "once")
_FEWEST_COLUMNS: Final = 3
"""With fewer, a list says nothing, so it shows the beginning of longer texts, too."""
_NAMES: Final = frozenset({"name", "title", "subject", "number", "reference", "code", "label"})


def title_fields(entity: EntitySpec) -> tuple[str, ...]:
    """The fields that a record is called by: its name, or else what it belongs to and when."""
    naming = [field for field in entity.fields if field.type in ONE_LINE and not _is_aside(entity, field)]
    first_field = entity.fields[0]
    # A day is known by its date, and not by what may be noted about it.
    is_a_day = first_field.type in DATES and first_field.required
    if naming and not (is_a_day and not naming[0].required) and not _links_two_others(entity, naming[0]):
        return (naming[0].name,)
    refs = [field.name for field in entity.fields if field.type is FieldType.REF][:2]
    dates = [field.name for field in entity.fields if field.type in DATES][:1]
    fallback = [field.name for field in entity.fields if field.type not in UPLOADED][:1]
    return tuple([*refs, *dates][:2]) or tuple(fallback) or (entity.fields[0].name,)


def _is_aside(entity: EntitySpec, field: FieldSpec) -> bool:
    """True for what may be noted about a record that belongs to another one: the note of a payment is no name."""
    belongs = any(other.ref and other.required for other in entity.fields)
    return belongs and not field.required and field.name not in _NAMES


def _links_two_others(entity: EntitySpec, naming: FieldSpec) -> bool:
    """True for a record of what two others have to do with each other, whatever else is noted about it."""
    before = entity.fields[: entity.fields.index(naming)]
    links = [field for field in before if field.type is FieldType.REF and field.required]
    return len(links) > 1 and naming.name not in _NAMES


def picture_field(entity: EntitySpec) -> str | None:
    """The first field that holds a picture of the record."""
    return next((field.name for field in entity.fields if field.type is FieldType.IMAGE), None)


def columns(entity: EntitySpec, *, most: int = 6) -> tuple[str, ...]:
    """The fields that a list shows, the ones it is called by first."""
    titles = title_fields(entity)
    name_text, when = _naming_longtext(entity), _deciding_date(entity)
    others = [
        field.name
        for field in entity.fields
        if field.name not in titles and (field.type is not FieldType.LONGTEXT or field is name_text)
    ]
    if len(titles) + len(others) + len(entity.computed) < _FEWEST_COLUMNS:
        others += [field.name for field in entity.fields if field.name not in (*titles, *others)]
    figures = tuple(figure.name for figure in entity.computed)
    # The figures are what a list is looked at for, and so is how far each record is.
    state = (entity.state,) if entity.state and entity.state not in titles else ()
    told = [name for name in (name_text and name_text.name, when) if name in others]
    needed = len(titles) + len(told)
    room = max(needed, most - len(figures) - len(state))
    picture = [name for name in (picture_field(entity),) if name in others]
    # What a thing looks like tells it apart sooner than what is written about it, where there is room for both.
    titles_first = [*picture, *told] if needed + len(picture) <= room else [*told, *picture]
    others.sort(key=lambda name: titles_first.index(name) if name in titles_first else len(titles_first))
    names = [name for name in (*titles, *others) if name != entity.state][:room]
    return (*names, *state, *figures)[: max(most, needed + 1)]


def _naming_longtext(entity: EntitySpec) -> FieldSpec | None:
    """The text that says what a record is about, where it has no name: the snag itself, beside its room."""
    first = entity.fields[0]
    has_name = any(field.type in ONE_LINE for field in entity.fields)
    return first if first.type is FieldType.LONGTEXT and first.required and not has_name else None


def _deciding_date(entity: EntitySpec) -> str:
    """The date by which a record is looked for: that of its list's order, or else the first that is planned."""
    dates = [field for field in entity.fields if field.type in DATES]
    ordered_by = (entity.order or "").partition(" ")[0]
    planned = [field.name for field in dates if field.required and not field.starts_as]
    return next((field.name for field in dates if field.name == ordered_by), next(iter(planned), ""))


def finished(field: FieldSpec, words: frozenset[str] = FINISHED) -> tuple[str, ...]:
    """The choices of a status that mean there is nothing left to do."""
    last_states = tuple(choice for choice in field.choices if words & set(choice.casefold().split()))
    # What comes in is received, and the work on it begins; at the end, it is an order that has arrived.
    begins = field.choices[:1] if len(last_states) > 1 and field.choices[0].casefold() == "received" else ()
    return tuple(choice for choice in last_states if choice not in begins)


def status_field(entity: EntitySpec) -> FieldSpec | None:
    """The choice that says how far a record is."""
    if entity.state:
        return entity.field(entity.state)
    choices = [field for field in entity.fields if field.type is FieldType.CHOICE]
    fields = [field for field in choices if field.name in ("status", "stage", "state", "progress")]
    return next(iter(fields), None)


def cancelling(entity: EntitySpec) -> str:
    """The state in which a visitor may call their own record off; empty where moves say so."""
    status = status_field(entity)
    if status is None or entity.moves:
        return ""
    return next((choice for choice in status.choices if choice.lower() in CANCELLED), "")


def still_open(entity: EntitySpec) -> tuple[str, ...]:
    """The states from which a visitor may call their own record off: nobody has begun with it."""
    status = status_field(entity)
    choices = status.choices if status is not None else ()
    return tuple(choice for choice in choices if choice == choices[0] or choice.lower() in AGREED)


def staff_roles(spec: AppSpec) -> tuple[RoleSpec, ...]:
    """The roles of those who work with everybody's records; people whom an app merely keeps are none of them."""
    acting = {name for entity in spec.entities for move in entity.moves for name in move.by}
    acting |= {right.role for entity in spec.entities for right in entity.rights}
    # Where some people sign in to see what is theirs, the others are named as those who serve them.
    recorded = (
        set()
        if any(role.scope is RoleScope.OWN for role in spec.roles)
        else {entity.name for entity in spec.entities}
    )
    return tuple(
        role
        for role in spec.roles
        if role.scope is RoleScope.ALL
        and (role.name in acting or not (role.name.lower() in NOT_STAFF or {role.name, role.entity} & recorded))
    )


def is_private(entity: EntitySpec, roles: Sequence[RoleSpec]) -> bool:
    """True if people who have records of their own see theirs of this kind and nobody else's."""
    own_roles = {role.name for role in roles if role.scope is RoleScope.OWN}
    return all(right.sees is Reach.OWN for right in entity.rights if right.role in own_roles)


def has_link(spec: AppSpec, entity: EntitySpec) -> bool:
    """True if people without an account come back to their own record of this kind by a link."""
    by_visitors = [VISITOR in move.by for move in entity.moves] + [
        right.role == VISITOR and right.changes is not Reach.NONE for right in entity.rights
    ]
    return any(form.entity == entity.name for form in spec.forms) or any(by_visitors)


def changed_by_link(entity: EntitySpec) -> tuple[FieldSpec, ...]:
    """The fields that whoever has the link of a record may change there, without an account."""
    right = next((right for right in entity.rights if right.role == VISITOR), None)
    names = right.fields if right is not None and right.changes is not Reach.NONE else ()
    # Moves alone lead from state to state, and a link to another record may be somebody else's.
    return tuple(
        field for field in entity.fields if field.name in names and not field.ref and field.name != entity.state
    )


def hidden_by_link(entity: EntitySpec) -> tuple[FieldSpec | ComputedSpec, ...]:
    """The fields and figures that whoever has the link of a record is not told."""
    names = {name for right in entity.rights for name in right.hides}
    parts: tuple[FieldSpec | ComputedSpec, ...] = (*entity.fields, *entity.computed)
    return tuple(part for part in parts if part.name in names)


def states_of(entity: EntitySpec) -> tuple[str, ...]:
    """The states that its records move through, in order."""
    field = entity.field(entity.state or "")
    return field.choices if field is not None else ()


def first_state(entity: EntitySpec) -> str:
    """The state in which a record begins; empty where there are none."""
    return next(iter(states_of(entity)), "")


def space_limit(entity: EntitySpec) -> str | None:
    """The field that says how many others fit in."""
    names = [field.name for field in entity.fields if field.type is FieldType.INT and field.name in SPACE_LIMITS]
    return next(iter(names), None)


def counted_stock(entity: EntitySpec) -> str | None:
    """The field that says how many there are."""
    numbers = [field.name for field in entity.fields if field.type is FieldType.INT]
    stocks = [name for name in numbers if name in STOCK_COUNTS or "stock" in name.split("_")]
    return next(iter(stocks or numbers), None)


def times_field(line: EntitySpec, money: FieldSpec) -> str | None:
    """The field that the price of one is multiplied with, when the line knows no amount of its own."""
    numbers = [field.name for field in line.fields if field.type is FieldType.INT and field.name in QUANTITIES]
    of_one = bool(set(money.name.split("_")) & {"price", "rate", "each", "unit"})
    return numbers[0] if numbers and of_one else None


def sum_field(entity: EntitySpec) -> str | None:
    """The amount that the lines of a record add up in."""
    amounts = [field.name for field in entity.fields if field.type is FieldType.MONEY]
    totals = [name for name in amounts if set(name.split("_")) & SUM_NAMES]
    return next(iter(totals), None)


def monogram(title: str) -> str:
    """One or two letters for the icon."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    return "".join(word[0] for word in words[:2]).upper() or "A"


def lower_first(text: str) -> str:
    """The text as it reads inside a sentence; an acronym keeps its capitals."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def with_article(text: str) -> str:
    """ "a loan", "an order", by the sound of it: "a user", "an hour"; and "bread" as it is."""
    plain = text.casefold()
    if plain.split(" ")[-1] in _UNCOUNTED:
        return text
    is_spoken_as_vowel = plain.startswith(_SILENT_H) or (
        plain.startswith(tuple("aeiou")) and not plain.startswith(_SPOKEN_AS_CONSONANT)
    )
    return f"{'an' if is_spoken_as_vowel else 'a'} {text}"


def one_of(entity: EntitySpec) -> str:
    """One record of a kind, as it is called inside a sentence: "an order"."""
    return with_article(lower_first(entity.label))


def kind_before(old: AppSpec, entity: EntitySpec) -> EntitySpec | None:
    """What a kind of record is in an older specification, also under its name of then."""
    # Two edits of one version both say what that version called it, and neither has a kind of that name.
    return old.entity(entity.was or entity.name) or old.entity(entity.name)


def field_before(old: EntitySpec, field: FieldSpec) -> FieldSpec | None:
    """What a field is in an older kind of record, also under its name of then."""
    return old.field(field.was or field.name) or old.field(field.name)


def in_order(spec: AppSpec) -> list[EntitySpec]:
    """The entities, each after those it points at where that is possible."""
    ordered: list[EntitySpec] = []
    waiting = list(spec.entities)
    while waiting:
        names = {entity.name for entity in waiting}
        ready = [entity for entity in waiting if not (_refs_of(entity) - {entity.name}) & names]
        # A ring of links is broken at one that may be empty; a ring of required ones is no valid specification.
        chosen = ready or [entity for entity in waiting if not _refs_of(entity, required=True) & names][:1]
        ordered += chosen
        waiting = [entity for entity in waiting if entity not in chosen]
    return ordered


def _refs_of(entity: EntitySpec, *, required: bool = False) -> set[str]:
    return {field.ref for field in entity.fields if field.ref and (field.required or not required)}


def has_record_pages(spec: AppSpec) -> bool:
    """True if the app has pages for its records: one that lists its pages and none of a record has not."""
    paths = {page.path for page in spec.pages}
    return (bool(spec.entities) and not paths) or any(f"/{entity.table}" in paths for entity in spec.entities)


def person_of(spec: AppSpec, role: RoleSpec) -> EntitySpec | None:
    """The kind of record that people of a role are; where none is said, the first with an e-mail address."""
    if role.entity:
        return spec.entity(role.entity)
    return next((one for one in spec.entities if any(part.type is FieldType.EMAIL for part in one.fields)), None)


def may_add(spec: AppSpec, entity: EntitySpec, role: RoleSpec, person: EntitySpec) -> bool:
    """True if a right says so, or where none does, if people usually add such records about themselves."""
    right = next((right for right in entity.rights if right.role == role.name), None)
    return right.adds if right else _may_usually_add(spec, entity, person)


def _may_usually_add(spec: AppSpec, entity: EntitySpec, person: EntitySpec) -> bool:
    """True if a person adds such records about themselves: what has a form, and what is no judgement or money."""
    is_about_them = any(field.ref == person.name for field in entity.fields)
    if not is_about_them or entity.label.lower().split()[-1] in JUDGEMENTS:
        return False
    has_form = any(form.entity == entity.name for form in spec.forms)
    return has_form or not any(field.type is FieldType.MONEY for field in entity.fields)


def own_link(entity: EntitySpec, person: str, named: Sequence[str] = ()) -> FieldSpec | None:
    """The link by which a record belongs to whoever adds it, where `named` are the fields that they fill in.

    It is filled in; other links to such people are chosen, as the opponent in a game is.
    """
    links = [field for field in entity.fields if field.ref == person]
    left = [field for field in links if field.name not in named] or links
    return next((field for field in left if field.required), left[0] if left else None)
