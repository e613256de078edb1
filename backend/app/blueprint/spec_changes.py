"""The differences between two specifications, in product words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from app.blueprint.generate.theme import settled_theme
from app.blueprint.record_effects import record_effects
from app.blueprint.renames import renamed_choices
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, Publicity, ViewKind
from app.blueprint.spec_queries import field_before, kind_before, lower_first
from app.blueprint.spec_types import Part

P = TypeVar("P", bound=Part)
LOOK_CHANGE: Final = "Its colours or its style are different."
_SEEN: Final = {
    Publicity.NONE: "Visitors no longer see",
    Publicity.LIST: "Visitors see a list of",
    Publicity.DETAIL: "Visitors see a page for each of the",
}

_SHOWN: Final = {
    ViewKind.CALENDAR: "calendar",
    ViewKind.BOARD: "board",
    ViewKind.CHART: "chart",
    ViewKind.GALLERY: "gallery",
}


def changes_between(old: AppSpec, new: AppSpec) -> list[str]:
    """Each change in a sentence, the most visible first."""
    # Two rules or forms may have one sentence.
    return list(dict.fromkeys(_iter_changes(old, new)))


def difference(old: AppSpec, new: AppSpec) -> list[str]:
    """The changes between two specifications and their effects on the records, in sentences."""
    changes = changes_between(old, new)
    if not changes and old == new:
        return ["Nothing is different."]
    effects = [f"Records: {effect}" for effect in record_effects(old, new)]
    return [*(changes or ["Only words or their order are different."]), *effects]


def _iter_changes(old: AppSpec, new: AppSpec) -> Iterator[str]:
    if old.title != new.title:
        yield f"It is called “{new.title}” now; it was “{old.title}”."
    # By what is shown: a look that is spelled out as it was chosen before is no change.
    if settled_theme(old) != settled_theme(new):
        yield LOOK_CHANGE
    if old.currency != new.currency:
        yield f"Amounts are in {new.currency} now; they were in {old.currency}."
    pairs = _paired_entities(old, new)
    before = {entity.name for entity, _ in pairs}
    after = {entity.name for _, entity in pairs}
    for entity in new.entities:
        if entity.name not in after:
            yield f"It keeps {lower_first(entity.plural)}: {', '.join(field.label for field in entity.fields)}."
    for entity in old.entities:
        if entity.name not in before:
            yield f"It no longer keeps {lower_first(entity.plural)}."
    for was, entity_now in pairs:
        yield from _record_changes(was, entity_now)
    yield from _view_changes(old, new, {now.name: was.name for was, now in pairs})
    yield from _other_changes(old, new)


def _paired_entities(old: AppSpec, new: AppSpec) -> list[tuple[EntitySpec, EntitySpec]]:
    candidates = [(kind_before(old, entity), entity) for entity in new.entities]
    return [(was, after) for was, after in candidates if was is not None]


def _record_changes(was: EntitySpec, now: EntitySpec) -> Iterator[str]:
    if was.plural != now.plural:
        yield f"{was.plural} are called {lower_first(now.plural)} now."
    carried_over = set()
    for field in now.fields:
        before = field_before(was, field)
        if before is None:
            yield f"{now.plural} have a new detail: {field.label}."
            continue
        carried_over.add(before.name)
        yield from _detail_changes(now, before, field)
    for field in was.fields:
        if field.name not in carried_over:
            yield f"{now.plural} no longer have {lower_first(field.label)}."
    yield from _figure_changes(was, now)
    if was.public != now.public:
        yield f"{_SEEN[now.public]} {lower_first(now.plural)}."
    if was.moves != now.moves:
        yield f"The steps of {lower_first(now.plural)} are different."
    if was.rights != now.rights:
        yield f"Who may see and change {lower_first(now.plural)} is different."


def _view_changes(old: AppSpec, new: AppSpec, before: Mapping[str, str]) -> Iterator[str]:
    """Other ways in which records that were there before are shown."""
    for entity in new.entities:
        kinds_before = {view.kind for view in old.views if view.entity == before.get(entity.name)}
        shown_now = {view.kind for view in new.views if view.entity == entity.name}
        if entity.name in before:
            yield from (
                f"{entity.plural} are shown as a {_SHOWN[kind]} too."
                for kind in _SHOWN
                if kind in shown_now - kinds_before
            )
            yield from (
                f"{entity.plural} are no longer shown as a {_SHOWN[kind]}."
                for kind in _SHOWN
                if kind in kinds_before - shown_now
            )


def _figure_changes(was: EntitySpec, now: EntitySpec) -> Iterator[str]:
    records = lower_first(now.plural)
    for figure in now.computed:
        if was.figure(figure.name) is None:
            yield f"It works out {lower_first(figure.label)} of {records}."
    for figure in was.computed:
        if now.figure(figure.name) is None:
            yield f"It no longer works out {lower_first(figure.label)} of {records}."


def _detail_changes(entity: EntitySpec, was: FieldSpec, now: FieldSpec) -> Iterator[str]:
    of = f"of {lower_first(entity.plural)}"
    if was.label != now.label:
        yield f"“{was.label}” {of} is called “{now.label}” now."
    if was.type != now.type:
        yield f"“{now.label}” {of} is another kind of detail."
    if was.required != now.required:
        yield f"“{now.label}” {of} {'must be filled in' if now.required else 'may be left empty'}."
    renamed = renamed_choices(was.choices, now.choices) | {entry.was: entry.name for entry in now.choices_were}
    for old in was.choices:
        if old in renamed:
            yield f"“{old}” {of} is called “{renamed[old]}” now."
    if tuple(renamed.get(choice, choice) for choice in was.choices) != now.choices:
        yield f"“{now.label}” {of} can be: {', '.join(now.choices)}."
    if (was.lowest, was.highest) != (now.lowest, now.highest):
        yield f"“{now.label}” {of} {_limits_text(now)}."


def _limits_text(field: FieldSpec) -> str:
    if field.lowest is None and field.highest is None:
        return "has no limits"
    if field.lowest is None:
        return f"is at most {field.highest}"
    return f"is at least {field.lowest}" if field.highest is None else f"is {field.lowest} to {field.highest}"


def _other_changes(old: AppSpec, new: AppSpec) -> Iterator[str]:
    """Rules, forms and people: each is known by its own words, or by all else where only these are different."""
    # A rule with other words refuses what it refused before: what it names has been renamed.
    same_rules = {was.about: now.about for was, now in _reworded(old.rules, new.rules, "about")}
    yield from _compare_texts(
        [same_rules.get(rule.about, rule.about) for rule in old.rules], [rule.about for rule in new.rules], "rule"
    )
    same_forms = {
        was.action: now.action for was, now in _reworded(old.forms, new.forms, "action", "about", "thanks")
    }
    yield from (f"“{was}” is called “{now}” now." for was, now in same_forms.items() if was != now)
    yield from _compare_texts(
        [same_forms.get(form.action, form.action) for form in old.forms],
        [form.action for form in new.forms],
        "page for visitors",
    )
    yield from _changed_askers(old, new)
    yield from _compare_texts([tool.title for tool in old.tools], [tool.title for tool in new.tools], "calculator")
    yield from _compare_texts(_section_titles(old), _section_titles(new), "part of the first page")
    yield from _compare_texts(
        [role.name for role in old.roles], [role.name for role in new.roles], "kind of person"
    )


def _changed_askers(old: AppSpec, new: AppSpec) -> Iterator[str]:
    """The pages for visitors that ask who they are, or do so no more."""
    asked_before = {form.action: form.person for form in old.forms}
    for form in new.forms:
        if form.person and not asked_before.get(form.action, form.person):
            yield f"“{form.action}” asks visitors who they are now."
        elif not form.person and asked_before.get(form.action):
            yield f"“{form.action}” asks visitors no longer who they are."


def _reworded(old: Sequence[P], new: Sequence[P], *words: str) -> Iterator[tuple[P, P]]:
    """Parts that are the same but for these words, before and after."""
    without = dict.fromkeys(words, "")
    for was in old:
        same = [now for now in new if now.model_copy(update=without) == was.model_copy(update=without)]
        if len(same) == 1:
            yield was, same[0]


def _section_titles(spec: AppSpec) -> list[str]:
    return [section.title for section in spec.site.sections] if spec.site else []


def _compare_texts(old: list[str], new: list[str], what: str) -> Iterator[str]:
    yield from (f"New {what}: {text}" for text in new if text not in old)
    yield from (f"No longer a {what}: {text}" for text in old if text not in new)
