"""The effects on the records of an app when its specification becomes another one."""

from __future__ import annotations

from collections.abc import Iterator

from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec
from app.blueprint.spec_queries import field_before, kind_before, lower_first


def record_effects(old: AppSpec, new: AppSpec) -> list[str]:
    """A sentence for each thing that records will meet; they are copied, and the version before keeps its own."""
    return list(_tell_effects(old, new)) or ["All records come along as they are."]


def _tell_effects(old: AppSpec, new: AppSpec) -> Iterator[str]:
    live_on = {}
    for entity in new.entities:
        before = kind_before(old, entity)
        if before is not None:
            live_on[before.name] = (before, entity)
    if not live_on:
        yield "No record fits: all of them stay in the version before, and this one begins with examples."
        return
    for entity in old.entities:
        if entity.name not in live_on:
            yield f"{entity.plural} are put aside in the app, not lost; they come back if this kind does."
    for before, entity in live_on.values():
        yield from _effects_on_kind(before, entity)
    # By their sentences: a rule that only moved in the list is not new to any record.
    added = {rule.about for rule in new.rules} - {rule.about for rule in old.rules}
    if added:
        yield "Records that break a new rule are kept and listed; the rule holds from the next change on."


def _effects_on_kind(before: EntitySpec, entity: EntitySpec) -> Iterator[str]:
    plural_label = lower_first(entity.plural)
    kept_fields: set[str] = set()
    for field in entity.fields:
        was = field_before(before, field)
        if was is None:
            yield from _effects_of_new_field(entity, field)
            continue
        kept_fields.add(was.name)
        if was.name != field.name:
            yield f"{was.label} of {plural_label} is kept under the new name {field.label}."
        if was.type is not field.type:
            yield f"{field.label} of {plural_label}: what fits is converted, the rest is put aside."
        renamed = {pair.was: pair.name for pair in field.choices_were}
        for old_choice, new_choice in renamed.items():
            yield f"{field.label} of {plural_label}: records that say {old_choice} say {new_choice}."
        gone = [choice for choice in was.choices if choice not in field.choices and choice not in renamed]
        if was.type is field.type and gone:
            words = ", ".join(gone)
            yield f"{field.label} of {plural_label}: records that say {words} lose that word; it is put aside."
    for field in before.fields:
        if field.name not in kept_fields:
            yield f"{field.label} of {plural_label} is put aside, not lost; it comes back if the field does."


def _effects_of_new_field(entity: EntitySpec, field: FieldSpec) -> Iterator[str]:
    if field.required:
        yield (
            f"{field.label} of {lower_first(entity.plural)} is new and must be filled in: records get an honest "
            "value where there is one, and are listed where there is none."
        )
