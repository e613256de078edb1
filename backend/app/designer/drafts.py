"""From what a model wrote to a specification: the same validator as everybody's, part by part.

A whole document is refused for one fault. Here it is put together from its parts, so that every fault is told at
once and, when they are not mended, the best valid part remains.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from app.blueprint import shape
from app.blueprint.editing import problems
from app.blueprint.naming import dicts
from app.blueprint.spec import MAX_ENTITIES, MAX_FIELDS, AppSpec, EntitySpec, FieldSpec, PageSpec, WishSpec
from app.designer.schema import OURS

Json = dict[str, Any]

_TEXTS: Final = ("title", "tagline", "currency", "language", "theme")
_LISTS: Final = ("roles", "rules", "forms", "views", "assumptions")
_OF_ENTITY: Final = ("computed", "moves", "rights")
_ALONE: Final = ("state", "lines", "order")
_MOST_FAULTS: Final = 30


@dataclass(frozen=True)
class Fault:
    """A part that cannot be used: where it stands, and what is wrong with it."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class Draft:
    """What could be made of an answer; `spec` is None when not even one kind of record is right."""

    spec: AppSpec | None
    faults: tuple[Fault, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything of the answer is in the specification."""
        return self.spec is not None and not self.faults


def draft(raw: Any, *, goal: str, engine: str) -> Draft:  # Any: what a model wrote
    """The specification of an answer, or the best valid part of it with the faults of the rest."""
    if not isinstance(raw, dict):
        return Draft(None, (Fault("spec", "is not an object"),))
    given = {key: value for key, value in raw.items() if key not in OURS}
    ours = {"goal": goal, "engine": engine, "confidence": 1.0}
    try:
        return Draft(AppSpec.model_validate(copy.deepcopy({**given, **ours})), ())
    except ValidationError as error:
        if not isinstance(given.get("entities"), list | tuple) or not given["entities"]:
            return Draft(None, tuple(_faults(error, given)))
        return _Assembly(given, ours).assemble()
    except RecursionError:
        return Draft(None, (Fault("spec", "is nested too deeply"),))


def completed(
    spec: AppSpec, *, wishes: Sequence[WishSpec], confidence: float, left: Sequence[str] = ()
) -> AppSpec:
    """With what follows from the rest: pages, acceptance checks and the account."""
    made = {
        "pages": _pages(spec),
        "acceptance": shape.checks_of(spec.entities, spec.rules, forms=spec.forms, roles=spec.roles),
        "wishes": tuple(wishes),
        "confidence": confidence,
        "not_understood": tuple(dict.fromkeys(text[:80].strip() for text in left if text.strip()))[:20],
    }
    return AppSpec.model_validate({**spec.model_dump(), **made})


def _pages(spec: AppSpec) -> tuple[PageSpec, ...]:
    """The addresses that every visitor of the checks begins at; views are reached from them."""
    tables = {entity.name: entity.table for entity in spec.entities}
    forms = [PageSpec(path=f"/forms/{tables[form.entity]}", title=form.action) for form in spec.forms]
    lists = [PageSpec(path=f"/{entity.table}", title=entity.plural) for entity in spec.entities]
    return (PageSpec(path="/", title="Dashboard"), PageSpec(path="/about", title="About this app"), *forms, *lists)


class _Assembly:
    """Adds part after part to a document that stays valid."""

    def __init__(self, given: Json, ours: Json) -> None:
        self._given = given
        self._document: Json = {"title": "App", **ours, "entities": []}
        self._faults: list[Fault] = []

    def assemble(self) -> Draft:
        """The largest document that could be put together in the order of the parts."""
        entities = list(dicts(self._given["entities"]))[:MAX_ENTITIES]
        self._document["entities"] = [entity for entity in map(self._records, entities) if entity]
        self._drop_loose_refs()
        spec = self._tried(self._document)
        if spec is None:
            return Draft(None, tuple(self._faults[:_MOST_FAULTS]))
        for name in _TEXTS:
            self._set(name)
        self._add_all("roles")
        for entity in entities:
            self._add_behaviour(entity)
        for name in _LISTS[1:]:
            self._add_all(name)
        whole = self._tried(self._document)
        return Draft(whole, tuple(self._faults[:_MOST_FAULTS]))

    def _records(self, entity: Json) -> Json | None:
        """A kind of record with those of its fields that are right."""
        name = str(entity.get("name"))
        fields = []
        for field in list(dicts(entity.get("fields")))[:MAX_FIELDS]:
            try:
                FieldSpec.model_validate(field)
            except ValidationError as error:
                self._note(f"{name}.{field.get('name')}", error)
            else:
                fields.append(field)
        if fields and not any(field.get("required") for field in fields):
            fields[0] = {**fields[0], "required": True}
        plain = {key: value for key, value in entity.items() if key not in (*_OF_ENTITY, *_ALONE, "fields", "was")}
        try:
            EntitySpec.model_validate({**plain, "fields": fields})
        except ValidationError as error:
            self._note(name, error)
            return None
        return {**plain, "fields": fields}

    def _drop_loose_refs(self) -> None:
        """Leave out the fields that point at kinds of record which are not there."""
        names = {entity["name"] for entity in self._document["entities"]}
        for entity in self._document["entities"]:
            for field in [one for one in entity["fields"] if one.get("ref") and one["ref"] not in names]:
                self._faults.append(Fault(f"{entity['name']}.{field['name']}", f"{field['ref']!r} is not there"))
                entity["fields"].remove(field)

    def _set(self, name: str) -> None:
        if self._given.get(name) is not None:
            self._keep_if_valid(name, {**self._document, name: self._given[name]})

    def _add_all(self, name: str) -> None:
        for part in _items(self._given.get(name)):
            already = self._document.get(name, [])
            self._keep_if_valid(f"{name}, {_said(part)}", {**self._document, name: [*already, part]})

    def _add_behaviour(self, entity: Json) -> None:
        """The figures, states, moves and rights of a kind of record, one by one."""
        for name, part in [
            *((key, entity[key]) for key in _ALONE if entity.get(key) is not None),
            *((key, item) for key in _OF_ENTITY for item in _items(entity.get(key))),
        ]:
            place = f"{entity.get('name')}.{name}" + (f", {_said(part)}" if name in _OF_ENTITY else "")
            self._keep_if_valid(place, self._with_part(str(entity.get("name")), name, part))

    def _with_part(self, entity_name: str, name: str, part: Any) -> Json:  # Any: what a model wrote
        def grown(entity: Json) -> Json:
            return {**entity, name: [*entity.get(name, []), part] if name in _OF_ENTITY else part}

        entities = [grown(one) if one["name"] == entity_name else one for one in self._document["entities"]]
        return {**self._document, "entities": entities}

    def _keep_if_valid(self, place: str, document: Json) -> None:
        try:
            AppSpec.model_validate(copy.deepcopy(document))
        except ValidationError as error:
            self._note(place, error)
        else:
            self._document = document

    def _tried(self, document: Json) -> AppSpec | None:
        try:
            return AppSpec.model_validate(copy.deepcopy(document))
        except ValidationError as error:
            self._faults += _faults(error, document)
            return None

    def _note(self, place: str, error: ValidationError) -> None:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        inner = ".".join(str(step) for step in first["loc"] if isinstance(step, str))
        problem = first["msg"].removeprefix("Value error, ")[:400]
        self._faults.append(Fault(place, f"{inner}: {problem}" if inner and inner not in place else problem))


def _faults(error: ValidationError, raw: Json) -> Iterator[Fault]:
    yield from (Fault(one["field"], one["problem"]) for one in problems(error, raw))


def _items(value: Any) -> list[Any]:  # Any: what a model wrote
    return list(value) if isinstance(value, list | tuple) else []


def _said(part: Any) -> str:  # Any: what a model wrote
    """The words by which a person knows a part."""
    if not isinstance(part, dict):
        return repr(part)[:60]
    named = next((part[key] for key in ("name", "label", "about", "action", "role", "kind") if part.get(key)), "")
    return repr(str(named)[:60])
