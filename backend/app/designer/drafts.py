"""From a model's answer to a specification: judged as every plan is; of faulty ones the best part is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.blueprint import shape
from app.blueprint.spec import AppSpec, PageSpec, WishSpec
from app.blueprint.spec_faults import best_part_of
from app.designer.schema import OURS

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A part that cannot be used: where it stands, and what is wrong with it."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class Draft:
    """The result of an answer; `spec` is None when not even one kind of record is right."""

    spec: AppSpec | None
    faults: tuple[Fault, ...]

    @property
    def is_whole(self) -> bool:
        """True if everything of the answer is in the specification."""
        return self.spec is not None and not self.faults


def read_draft(raw: Any, *, goal: str, engine: str) -> Draft:  # Any: what a model wrote
    """The specification of an answer, or the best valid part of it with the faults of the rest."""
    if not isinstance(raw, dict):
        return Draft(None, (Fault("spec", "is not an object"),))
    written = {key: value for key, value in raw.items() if key not in OURS}
    # The confidence stands in until `complete` is given the share of the clauses that are kept.
    ours = {"goal": goal, "engine": engine, "confidence": 1.0}
    try:
        spec, faults = best_part_of({**written, **ours})
    # A few kilobytes of opening brackets are valid JSON so far, and deeper than Python descends.
    except RecursionError:
        return Draft(None, (Fault("spec", "is nested too deeply"),))
    return Draft(spec, tuple(Fault(fault["field"], fault["problem"]) for fault in faults))


def add_views(spec: AppSpec) -> AppSpec:
    """The specification with the views that follow from the fields, for a designer that was not asked for any."""
    return spec.model_copy(update={"views": shape.views_of(spec.entities)})


def complete(spec: AppSpec, *, wishes: Sequence[WishSpec], confidence: float, left: Sequence[str] = ()) -> AppSpec:
    """The specification with the parts that follow from the rest: pages, acceptance checks and the account."""
    derived = {
        "pages": _start_pages(spec),
        "acceptance": shape.checks_of(spec.entities, spec.rules, forms=spec.forms, roles=spec.roles),
        "wishes": tuple(wishes),
        "confidence": confidence,
        "not_understood": tuple(dict.fromkeys(text[:80].strip() for text in left if text.strip()))[:20],
    }
    return AppSpec.model_validate({**spec.model_dump(), **derived})


def _start_pages(spec: AppSpec) -> tuple[PageSpec, ...]:
    """The addresses that every visitor of the checks begins at; views are reached from them."""
    tables = {entity.name: entity.table for entity in spec.entities}
    forms = [PageSpec(path=f"/forms/{tables[form.entity]}", title=form.action) for form in spec.forms]
    lists = [PageSpec(path=f"/{entity.table}", title=entity.plural) for entity in spec.entities]
    return (PageSpec(path="/", title="Dashboard"), PageSpec(path="/about", title="About this app"), *forms, *lists)
