"""From a founder's goal to the specification of an app, by rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

from app.blueprint import shape
from app.blueprint.language import wording
from app.blueprint.language.archetypes import Archetype
from app.blueprint.language.candidates import find
from app.blueprint.language.drafting import draft
from app.blueprint.language.drafts import Draft
from app.blueprint.language.entities import Entities
from app.blueprint.language.findings import Findings
from app.blueprint.language.forms import forms_of
from app.blueprint.language.leaving import left_out
from app.blueprint.language.reading import GoalUnreadable, Reading, read
from app.blueprint.language.refusing import nothing_to_keep
from app.blueprint.language.roles import own_people, roles_of
from app.blueprint.language.telling import assumptions
from app.blueprint.plan import Clause, ClauseState, Plan, plan_of
from app.blueprint.spec import AppSpec, ThemeSpec

__all__ = ["ENGINE", "GoalUnreadable", "plan_goal", "understand"]

ENGINE: Final = "blueprint"


def understand(goal: str) -> AppSpec:
    """The specification for a goal; GoalUnreadable when there is nothing in it that can be built."""
    reading = read(goal)
    found = find(reading.tokens)
    drafts, archetype = draft(found)
    if not drafts:
        raise GoalUnreadable(nothing_to_keep(reading.tokens))
    return _specify(reading, found, drafts, archetype)


def plan_goal(goal: str) -> Plan:
    """The plan of the app for a goal; GoalUnreadable as `understand`."""
    spec = understand(goal)
    return plan_of(spec, clauses=[Clause(text=line, state=ClauseState.LEFT_OUT) for line in spec.not_understood])


def _specify(reading: Reading, found: Findings, drafts: Sequence[Draft], archetype: Archetype | None) -> AppSpec:
    own = own_people(found.acts, drafts, reading.tokens)
    named = Entities(drafts, found)
    entities = named.specify(reached=own)
    rules = shape.rules_of(entities)
    forms = forms_of(entities, drafts, found.acts, own, rules)
    roles = roles_of(drafts, named.names, own, found.acts)
    title = wording.title(found, drafts, reading.tokens, goal=reading.text)
    return AppSpec(
        title=title, tagline=wording.tagline(reading.text), goal=reading.text, engine=ENGINE,
        confidence=_confidence(found, drafts, archetype), theme=ThemeSpec(hue=_hue(title, archetype)),
        currency=wording.currency(reading.text),
        roles=roles, entities=entities, views=shape.views_of(entities), forms=forms,
        pages=shape.pages_of(entities, forms), rules=rules,
        acceptance=shape.checks_of(entities, rules, forms=forms, roles=roles),
        assumptions=assumptions(
            found, drafts, entities, archetype=archetype, forms=forms, roles=roles, rules=rules
        ),
        not_understood=left_out(
            reading.text, found, archetype=archetype, entities=entities, forms=forms, roles=roles, rules=rules
        ),
    )  # fmt: skip


def _confidence(found: Findings, drafts: Sequence[Draft], archetype: Archetype | None) -> float:
    own = sum(not one.added for one in drafts)
    value = 0.3 + 0.12 * min(own, 4) + (0.15 if archetype else 0.0) - 0.05 * min(len(found.unknown), 4)
    return round(min(0.95, max(0.1, value)), 2)


def _hue(title: str, archetype: Archetype | None) -> int:
    turn = crc32(title.encode())
    return (archetype.hue + turn % 31 - 15) % 360 if archetype else turn % 360
