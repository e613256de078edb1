"""Edits of a specification: the parts that live on under another name, and what follows from that.

An edit arrives as plain JSON values that may be anything; only what `settled` gives back is a specification.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.blueprint import spec_defaults
from app.blueprint.fault_words import fault_words
from app.blueprint.naming import Raw, dicts
from app.blueprint.renames import Guess, follow, guesses, mark_choices
from app.blueprint.spec import AppSpec, EntitySpec

# An edit that could write these would vouch for itself: that an engine was sure, that a wish is kept.
_FROM_THE_ENGINE = ("engine", "confidence", "wishes")


def lives_on(old: Mapping[str, Any] | None, new: AppSpec) -> bool:
    """True if some kind of record of the old specification is in the new one; unknown counts as yes."""
    try:
        before = AppSpec.model_validate(old)
    except ValidationError:
        return True
    names = {entity.name for entity in before.entities}
    tables = {entity.table for entity in before.entities}
    return any(entity.name in names or entity.table in tables or entity.was in names for entity in new.entities)


def without_was(spec: AppSpec) -> AppSpec:
    """The specification without names from an earlier version, as the next one begins."""
    entities = tuple(
        entity.model_copy(
            update={
                "was": None,
                "fields": tuple(
                    field.model_copy(update={"was": None, "choices_were": ()}) for field in entity.fields
                ),
            }
        )
        for entity in spec.entities
    )
    return spec.model_copy(update={"entities": entities})


def settled(
    raw: Raw, base: AppSpec, *, began: AppSpec | None = None, guess: bool = True
) -> tuple[AppSpec, list[str]]:
    """An edit as a specification, with notes on what was understood of it, in plain words.

    ValidationError. `base` is the version that the app has; `began` is what the edit began with where that is
    an edit itself. Renamed parts are followed wherever they are named. With `guess`, a part that vanished while
    one like it appeared counts as renamed.
    """
    began = began or base
    # What is settled here must not show in the caller's document, by which the places of faults are told.
    edit = {**copy.deepcopy(raw), **{name: getattr(began, name) for name in _FROM_THE_ENGINE}}
    edit["version"] = base.version
    if isinstance(edit.get("entities"), list):
        # A specification written by hand need not say its tables, which the pages are found by.
        edit["entities"] = [spec_defaults.entity(entity) for entity in edit["entities"]]
    renamed = guesses(edit, base) if guess else []
    for guessed in renamed:
        guessed.mark(edit)
    renamed += mark_choices(edit, base) if guess else []
    _forget_stale(edit, base)
    follow(edit, base, guess=guess)
    # Whoever edits an edit uses the names of that one, which the base never had.
    if began is not base:
        follow(edit, began, guess=guess)
    _settle_pages(edit, base)
    _settle_checks(edit, began)
    return AppSpec.model_validate(edit), [guess_note(guessed) for guessed in renamed]


def guess_note(guess: Guess) -> str:
    """The note that a part is taken for renamed."""
    return (
        f"{guess.new!r} is taken for what was {guess.old!r}{guess.where}, so its values are kept. "
        "If it is something new, save the specification as it is written."
    )


def problems(error: ValidationError, raw: Raw) -> list[dict[str, str]]:
    """The faults of an edit: each with its place, by the names in the edit itself, and the reason."""
    return [
        {"field": _place_words(fault["loc"], raw), "problem": fault_words(fault)[:400]}
        for fault in error.errors(include_url=False)
    ][:20]


def _place_words(loc: tuple[int | str, ...], raw: Any) -> str:  # Any: what JSON can hold
    parts: list[str] = []
    here = raw
    for step in loc:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(step, str):
            # Half of a surrogate pair is legal in JSON, and would fail only when the answer is sent.
            parts.append(step[:40].encode(errors="replace").decode())
        elif parts:
            name = next(
                (here[key] for key in ("name", "path", "kind") if isinstance(here, dict) and key in here), ""
            )
            parts[-1] += f" {str(name)[:40]!r}" if name else f" number {step + 1}"
    return ", ".join(parts) or "the specification"


def _forget_stale(edit: Raw, base: AppSpec) -> None:
    """A `was` that names nothing of the version before says nothing."""
    for entity in dicts(edit.get("entities")):
        before = base.entity(str(entity.get("was") or entity.get("name")))
        if entity.get("was") is not None and (before is None or entity["was"] == entity.get("name")):
            entity["was"] = None
            before = base.entity(str(entity.get("name")))
        for field in dicts(entity.get("fields")):
            was = field.get("was")
            if was is not None and (before is None or before.field(str(was)) is None or was == field.get("name")):
                field["was"] = None
            _forget_stale_choices(field, before)


def _forget_stale_choices(field: Raw, before: EntitySpec | None) -> None:
    """Of the choices that were called otherwise, keep those that were there and are there."""
    old = before.field(str(field.get("was") or field.get("name"))) if before is not None else None
    pairs = list(dicts(field.get("choices_were")))
    choices = field.get("choices") or ()
    if pairs and old is not None:
        gone = set(old.choices) - set(choices)
        field["choices_were"] = [pair for pair in pairs if pair.get("was") in gone and pair.get("name") in choices]
    elif pairs:
        field["choices_were"] = []


def _settle_pages(edit: Raw, base: AppSpec) -> None:
    """Give each kind of record its page, and take out those of kinds and views that are gone."""
    tables = {str(entity.get("table")): entity for entity in dicts(edit.get("entities"))}
    moved = _tables_moved(edit, base)
    views = {(str(view.get("kind")), str(view.get("entity"))) for view in dicts(edit.get("views"))}
    gone = {entity.table for entity in base.entities} - tables.keys() - moved.keys()
    pages: dict[str, Raw] = {}
    for page in dicts(edit.get("pages")):
        table_before, *steps = str(page.get("path", "")).removeprefix("/").split("/")
        table = moved.get(table_before, table_before)
        if table_before in gone or (steps and _is_view_without(steps[0], tables.get(table), views, base)):
            continue
        path = "/".join(["", table, *steps])
        title = tables[table].get("plural") if table in tables and not steps else page.get("title")
        # Two old pages may have become one; the first of them stays.
        pages.setdefault(path, {**page, "path": path, "title": title})
    for table, entity in tables.items():
        pages.setdefault(f"/{table}", {"path": f"/{table}", "title": entity.get("plural")})
    # A specification that lists no pages has them all; a list would make it one that has only these.
    if "pages" in edit or base.pages:
        edit["pages"] = list(pages.values())


def _tables_moved(edit: Raw, base: AppSpec) -> dict[str, str]:
    pairs = [(_version_before(entity, base), str(entity.get("table"))) for entity in dicts(edit.get("entities"))]
    return {before.table: table for before, table in pairs if before is not None and before.table != table}


def _version_before(entity: Raw, base: AppSpec) -> EntitySpec | None:
    return base.entity(str(entity.get("was") or entity.get("name")))


def _is_view_without(word: str, entity: Raw | None, views: set[tuple[str, str]], base: AppSpec) -> bool:
    """True if a page shows a view that the base had and the edit has not."""
    if entity is None:
        return False
    before = _version_before(entity, base)
    was_there = before is not None and any(view.kind == word and view.entity == before.name for view in base.views)
    return was_there and (word, str(entity.get("name"))) not in views


def _settle_checks(edit: Raw, began: AppSpec) -> None:
    """Renumber the rules that checks name; a check goes with its rule or its kind of record.

    A check that the edit has written itself counts the rules as they stand in the edit.
    """
    names = {str(entity.get("name")) for entity in dicts(edit.get("entities"))}
    rules_now = list(dicts(edit.get("rules")))
    places = _places_now([rule.model_dump(mode="json") for rule in began.rules], rules_now)
    began_with = {_words_of(check.model_dump(mode="json")) for check in began.acceptance}
    checks = []
    for check in dicts(edit.get("acceptance")):
        if check.get("entity") is not None and str(check["entity"]) not in names:
            continue
        if check.get("rule") is not None and _words_of(check) in began_with:
            place = places.get(check["rule"])
            if place is None:
                continue
            check["rule"] = place
        checks.append(check)
    if "acceptance" in edit:
        edit["acceptance"] = checks


def _words_of(check: Raw) -> str:
    """All of a check but its kind of record, which may have got another name."""
    return repr([check.get(key) for key in ("given", "do", "expect", "kind", "rule")])


def _places_now(before: list[Raw], rules_now: list[Raw]) -> dict[int, int]:
    """The new place of each earlier rule, by its number: the same rule, else the next with the same sentence."""
    places: dict[int, int] = {}
    # All twins first: else a rule whose sentence another shares takes that one's place.
    for is_same in (_are_alike, _say_the_same):
        for number, rule in enumerate(before):
            free = (
                at
                for at, candidate in enumerate(rules_now)
                if at not in places.values() and is_same(rule, candidate)
            )
            if number not in places and (place := next(free, None)) is not None:
                places[number] = place
    return places


def _are_alike(old: Raw, new: Raw) -> bool:
    return _say_the_same(old, new) and all(
        # Edits from JSON hold lists where those from Python hold tuples.
        old.get(key) == (list(value) if isinstance(value := new.get(key), tuple) else value)
        for key in ("kind", "entity", "fields")
    )


def _say_the_same(old: Raw, new: Raw) -> bool:
    return bool(old.get("about") == new.get("about"))
