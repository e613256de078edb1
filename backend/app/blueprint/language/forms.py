"""The records that people from outside may send in by a form of their own: a booking, an order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

from app.blueprint.language.acting import FOUNDER, Act
from app.blueprint.language.archetypes import actions, form_texts, key_of
from app.blueprint.language.drafts import Draft, is_provider
from app.blueprint.language.word_lists import word_list
from app.blueprint.rule_kinds import GIVING_AWAY
from app.blueprint.shape_rules import is_person, times_of
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, FormSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import PAST_DATES, lower_first, status_field, with_article

_MOST_FORMS: Final = 2
_FOR: Final = frozenset({"apply", "ask"})
_ON_PAGE: Final = re.compile(
    r"\b(?:fills? (?:in|out)|sends?(?: in)?|submits?|makes?|leaves?|hands? in) "
    r"(?:an?|the|their|his|her) (?:[a-z]+ )?(?P<what>[a-z]+)(?: [a-z]+){0,3}? "
    r"(?:on|through|via|from) (?:our|my|the|an?) (?:web ?)?(?:page|site|form)\b",
    re.IGNORECASE,
)
_PROMISE: Final = re.compile(r" It is then kept for you\.")
_NO_THING: Final = re.compile(r"( for| on| in)? \{thing\}")
_PUT_UP_FOR_ALL: Final = word_list("put_up_for_all")
_INSIDE: Final = tuple(word_list("inside_people"))
_NOTED_LATER: Final = ("given_on", "handed", "received", "on_date", "requested", "asked_on", "paid_on", "decided")
_OF_THE_STAFF: Final = frozenset(
    "price cost grade feedback handyman crew staff assignee paid result score findings priority stock decision "
    "purchased available deposit".split()
)
_SEEN_TO: Final = frozenset(
    "approved arrived attended checked cleaned collected confirmed delivered done finished inducted inspected "
    "packed received refunded returned seen sent served settled shown signed verified".split()
)


def asked_on_page(goal: str) -> frozenset[str]:
    """The keys of what people fill in on the founder's page: they need no account for it."""
    return frozenset(key_of(match["what"].lower()) for match in _ON_PAGE.finditer(goal))


def forms_of(
    entities: Sequence[EntitySpec],
    drafts: Sequence[Draft],
    acts: Sequence[Act],
    own: Sequence[Draft],
    rules: Sequence[RuleSpec],
    on_page: Set[str] = frozenset(),
    handed: Mapping[str, str] = MappingProxyType({}),
) -> tuple[FormSpec, ...]:
    """The forms for what outsiders do, unless they sign in for it or only the founder does it.

    `on_page` are the keys of what the goal says to be filled in on the page, `handed` the verbs by which people
    from outside hand something in, by the key of what it is.
    """
    by_name = {entity.name: entity for entity in entities}
    # Only two forms are kept, so those for what outsiders are said to do go first.
    ranked = sorted(zip(drafts, entities, strict=True), key=lambda pair: not _is_done_outside(pair[0], acts))
    forms = [
        form
        for draft, entity in ranked
        if not _is_the_founders(draft, acts) and not _is_of_members(draft, own)
        for form in _make_form(draft, entity, by_name, verb=_verb_of(draft, on_page, handed))
        if _asks_what_is_once(form, rules)
    ]
    refusing = {rule.entity for rule in rules if rule.kind in GIVING_AWAY}
    return tuple(form if form.entity in refusing else _promising_less(form) for form in forms[:_MOST_FORMS])


def _asks_what_is_once(form: FormSpec, rules: Sequence[RuleSpec]) -> bool:
    """True unless each visitor has one of them for a thing that the form does not ask for: a vote on no card."""
    asked = {*form.fields, form.person}
    once = (rule for rule in rules if rule.kind is RuleKind.UNIQUE and rule.entity == form.entity)
    return all(asked.issuperset(rule.fields) for rule in once if form.person in rule.fields)


def _verb_of(draft: Draft, on_page: Set[str], handed: Mapping[str, str]) -> str:
    """The verb by which visitors hand in such a record; empty if they do not."""
    if any(map(draft.key.endswith, on_page)):
        return "send"
    verb = next((verb for key, verb in handed.items() if draft.key == key), "")
    return "" if draft.is_person else verb


def _promising_less(form: FormSpec) -> FormSpec:
    """Without the promise that something is refused, where no rule refuses it."""
    return form.model_copy(update={"about": _PROMISE.sub("", form.about)})


def _is_done_outside(draft: Draft, acts: Sequence[Act]) -> bool:
    return any(act.who != FOUNDER and _leads_to(act, draft) for act in acts)


def _is_the_founders(draft: Draft, acts: Sequence[Act]) -> bool:
    """True if only "I" or "we" do it, as in "we order parts"."""
    doing = [act.who for act in acts if _leads_to(act, draft)]
    return bool(doing) and all(who == FOUNDER for who in doing)


def _leads_to(act: Act, draft: Draft) -> bool:
    return act.verb in actions() and draft.goes_by(key_of(actions()[act.verb]))


def _is_of_members(draft: Draft, members: Sequence[Draft]) -> bool:
    return any(link.target == member.key for member in members for link in draft.links)


def _make_form(
    draft: Draft, entity: EntitySpec, by_name: dict[str, EntitySpec], *, verb: str
) -> Iterator[FormSpec]:
    text = _form_text(draft, by_ending=not is_person(entity)) or (_text_on_page(draft, verb) if verb else None)
    if text is None:
        return
    person, fields = asked_of_visitors(entity, by_name)
    # A list to choose from would show every visitor the names of the others.
    if people_shown(entity, fields, by_name):
        return
    # A visitor who cannot be reached gets no answer.
    if not fields or (person is None and not any(field.type is FieldType.EMAIL for field in entity.fields)):
        return
    asked = [field for field in entity.fields if field.name in fields]
    action, thanks = (
        _fill_in(part, entity.fields, by_name, has_times=_has_times(entity)) for part in (text[0], text[2])
    )
    about = _fill_in(text[1], asked, by_name, has_times=_has_times(entity))
    yield FormSpec(
        entity=entity.name, action=action[:80], about=about, thanks=thanks, fields=fields,
        person=person, shows=tuple(figure.name for figure in entity.computed),
    )  # fmt: skip


def asked_of_visitors(entity: EntitySpec, by_name: dict[str, EntitySpec]) -> tuple[str | None, tuple[str, ...]]:
    """The detail that leads to whoever fills in a form, and the details that the form asks for."""
    person = next((field for field in entity.fields if _is_the_visitor(field, by_name)), None)
    asked = [field for field in entity.fields if field is not person and _is_asked(field, entity, by_name)]
    fields = (field for field in asked if _names_people(field, by_name) or not _is_somebodys(field, by_name))
    return person.name if person else None, tuple(field.name for field in fields)


def people_shown(entity: EntitySpec, fields: Sequence[str], by_name: dict[str, EntitySpec]) -> EntitySpec | None:
    """The people whose names a form with these details would show to everybody; None without such people."""
    chosen = (field for field in entity.fields if field.name in fields and _names_people(field, by_name))
    return next((by_name[field.ref] for field in chosen if field.ref), None)


def _form_text(draft: Draft, *, by_ending: bool) -> tuple[str, ...] | None:
    """The words of a form: first as this kind of app says it, then by the record's name."""
    texts = form_texts()
    ending = next((key for key in texts if by_ending and draft.key.endswith(key)), "")
    return texts.get(draft.setting + draft.key) or texts.get(draft.key) or _booked_text(draft) or texts.get(ending)


def _text_on_page(draft: Draft, verb: str) -> tuple[str, ...]:
    """The words of a form that the goal asks for by saying that people from outside hand something in."""
    what = lower_first(draft.label)
    return (
        f"{verb.capitalize()} {'for ' if verb in _FOR else ''}{with_article(what)}",
        "Tell us what you need.",
        f"Thank you, your {what} is with us. We answer soon.",
    )


def _booked_text(draft: Draft) -> tuple[str, ...] | None:
    """The words of a form by which a deed is booked, such as a pickup."""
    what = lower_first(draft.label)
    about, thanks = (
        "Tell us when it suits you.",
        f"Thank you, your {what} is in. We get in touch if the time does not suit us.",
    )
    return (f"Book {with_article(what)}", about, thanks) if draft.is_booked else None


def _is_the_visitor(field: FieldSpec, by_name: dict[str, EntitySpec]) -> bool:
    """True if the field points at the person who fills in the form, of whom a name and an e-mail are enough."""
    target = by_name.get(field.ref or "")
    if target is None or not is_person(target) or not _is_served(target):
        return False
    kinds = {field_of_target.type for field_of_target in target.fields}
    return FieldType.EMAIL in kinds and all(
        field_of_target.name in ("name", "email") for field_of_target in target.fields if field_of_target.required
    )


def _names_people(field: FieldSpec, by_name: dict[str, EntitySpec]) -> bool:
    """True if the choices of the field would show visitors the names of other people who are served here."""
    target = by_name.get(field.ref or "")
    return target is not None and is_person(target) and _is_served(target)


def _is_somebodys(field: FieldSpec, by_name: dict[str, EntitySpec]) -> bool:
    """True if the choices of the field belong to people who are served here: the permits of the households.

    What people put up for everybody, such as an idea to vote on, is not theirs alone.
    """
    target = by_name.get(field.ref or "")
    if target is None or target.label.lower().split()[-1] in _PUT_UP_FOR_ALL:
        return False
    return any(_names_people(part, by_name) for part in target.fields)


def leave_to_staff(entities: Sequence[EntitySpec], forms: Sequence[FormSpec]) -> tuple[EntitySpec, ...]:
    """The entities without the requirement of what the public form does not show, which the staff adds later."""
    asked = {form.entity: {*form.fields, form.person} for form in forms}
    return tuple(
        entity.model_copy(update={"fields": tuple(
            _as_on_form(field, asked[entity.name]) for field in entity.fields
        )})
        if entity.name in asked
        else entity
        for entity in entities
    )  # fmt: skip


def _as_on_form(field: FieldSpec, asked: Set[str | None]) -> FieldSpec:
    """The field as a public form needs it: a link that it does not show is the staff's, an address is a must."""
    if field.ref and field.name not in asked:
        return field.model_copy(update={"required": False})
    # Without it, a visitor gets no answer and no link.
    is_address = field.type is FieldType.EMAIL and field.name in asked
    return field.model_copy(update={"required": True}) if is_address else field


def _is_served(target: EntitySpec) -> bool:
    return not is_provider(target.label) or target.label.lower().endswith(_INSIDE)


def _is_asked(field: FieldSpec, entity: EntitySpec, by_name: dict[str, EntitySpec]) -> bool:
    if field.required:
        return True
    status = status_field(entity)
    target = by_name.get(field.ref or "")
    is_served = target is not None and is_person(target) and _is_served(target)
    is_of_staff = field.name.startswith((*PAST_DATES, *_NOTED_LATER)) or bool(
        set(field.name.split("_")) & _OF_THE_STAFF
    )
    is_of_staff = is_of_staff or _is_seen_to(field)
    return not is_of_staff and not is_served and (status is None or field.name != status.name)


def _is_seen_to(field: FieldSpec) -> bool:
    """True for a box that says that somebody has looked after it, such as "ID shown": its word is no visitor's."""
    return field.type is FieldType.BOOL and bool(_SEEN_TO & set(field.name.split("_")))


def _has_times(entity: EntitySpec) -> bool:
    return bool(times_of(entity) or entity.field("starts_at"))


def _fill_in(text: str, fields: Sequence[FieldSpec], by_name: dict[str, EntitySpec], *, has_times: bool) -> str:
    """The text with the label of the first thing that the fields lead to in the place of {thing}."""
    targets = [by_name[field.ref] for field in fields if field.ref]
    things = [target.label for target in targets if not is_person(target)]
    if not things and has_times:
        things = ["time"]
    if not things:
        return _NO_THING.sub("", text.replace("Choose {thing} and leave", "Leave"))
    return text.replace("{thing}", with_article(lower_first(things[0])))
