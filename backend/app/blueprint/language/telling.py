"""What the founder is told beside the app: what was assumed and why, what the verbs became, who signs in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from app.blueprint.language.archetypes import Archetype, actions, key_of
from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.shape_rules import with_article
from app.blueprint.spec import EntitySpec, FormSpec, RoleScope, RoleSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first

_MOST: Final = 12
_NO_STAFF: Final = frozenset({"buyer", "client", "customer", "guest", "public", "user", "visitor"})
_STAFF_ALONE: Final = "The owner and the staff sign in and see everything; nobody else has an account."
_LITTLE: Final = 4


def assumptions(
    found: Findings,
    drafts: Sequence[Draft],
    entities: Sequence[EntitySpec],
    *,
    archetype: Archetype | None,
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    rules: Sequence[RuleSpec],
) -> tuple[str, ...]:
    """A line for each thing that the goal does not say and the app has all the same."""
    labels = {entity.name: entity for entity in entities}
    pairs = list(zip(drafts, entities, strict=True))
    lines = [
        *_little_said(found, pairs, archetype),
        *islice(_added(pairs), 4),
        *islice(_verbs(found, pairs), 3),
        *islice((_form(labels[form.entity], form) for form in forms), 2),
        *islice(_watched(labels, rules), 2),
    ]
    return (*lines[: _MOST - 1], _sign_in(roles, labels))


def _little_said(
    found: Findings, pairs: Sequence[tuple[Draft, EntitySpec]], archetype: Archetype | None
) -> Iterator[str]:
    said = sum(weight > 0 for weight in found.weights.values())
    if archetype is not None and (said < _LITTLE or all(draft.added for draft, _ in pairs)):
        many = _listed([entity.plural.lower() for _, entity in pairs])
        yield (
            f"The goal says little, so this app keeps what others of its kind usually do: {many}. "
            "Say who uses it and what it should remember to get a closer fit."
        )


def _added(pairs: Sequence[tuple[Draft, EntitySpec]]) -> Iterator[str]:
    for draft, entity in pairs:
        users = [lower_first(other.label) for _, other in pairs if _points_at(other, entity)]
        targets = [lower_first(other.label) for _, other in pairs if _points_at(entity, other)]
        if draft.added and users:
            yield f"{entity.plural} were added, because each {users[0]} belongs to one."
        elif draft.added and targets:
            yield f"{entity.plural} were added, because {with_article(targets[0])} usually has them."
        elif draft.added:
            yield f"{entity.plural} were added, because an app of this kind usually needs them."


def _points_at(one: EntitySpec, other: EntitySpec) -> bool:
    return one is not other and any(field.ref == other.name for field in one.fields)


def _verbs(found: Findings, pairs: Sequence[tuple[Draft, EntitySpec]]) -> Iterator[str]:
    told = set()
    for act in found.acts:
        name = actions().get(act.verb)
        entity = next((entity for draft, entity in pairs if name and draft.goes_by(key_of(name))), None)
        if entity is not None and entity.name not in told:
            told.add(entity.name)
            fields = [lower_first(field.label) for field in entity.fields][:4]
            many = lower_first(entity.plural)
            yield f"“{act.verb.capitalize()}” is kept as {many}, each with {_listed(fields)}."


def _form(entity: EntitySpec, form: FormSpec) -> str:
    what = lower_first(entity.plural)
    page = f"Anybody can use the public page “{form.action}” without signing in"
    return f"{page}; the {what} are on your side of the app."


def _watched(labels: dict[str, EntitySpec], rules: Sequence[RuleSpec]) -> Iterator[str]:
    for rule in rules:
        many = labels[rule.entity].plural
        fields = [labels[rule.entity].field(name) for name in rule.fields]
        last = next((field for field in reversed(fields) if field is not None and field.ref), None)
        if rule.kind is RuleKind.NO_OVERLAP and last is not None:
            yield f"{many} of the same {lower_first(last.label)} at the same time are refused."
        if rule.kind is RuleKind.CAPACITY and last is not None:
            yield f"{many} are refused when the {lower_first(last.label)} is full."
        if rule.kind is RuleKind.STOCK and last is not None:
            what = lower_first(last.label)
            yield f"{many} take from the stock of their {what} and are refused when there is too little."


def _sign_in(roles: Sequence[RoleSpec], labels: dict[str, EntitySpec]) -> str:
    theirs = [labels[role.entity].plural for role in roles if role.scope is RoleScope.OWN and role.entity]
    if not theirs:
        return _STAFF_ALONE
    named = [role.name.lower() for role in roles if role.scope is RoleScope.ALL]
    staff = next((name for name in named if name not in _NO_STAFF), "staff")
    return (
        f"{_listed(theirs)} sign in and see only what is theirs; the {staff} signs in and sees everything, "
        "because both use the app."
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
