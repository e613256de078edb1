"""The notes for the founder beside the app: assumptions and their reasons, records of verbs, sign-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from app.blueprint.language.archetypes import Archetype, actions, key_of
from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.spec import EntitySpec, FormSpec, RoleScope, RoleSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import NOT_STAFF, lower_first, with_article

_MOST_LINES: Final = 12
_STAFF_ALONE: Final = "The owner and the staff sign in and see everything; nobody else has an account."
_FEW_WORDS: Final = 4


def assumptions(
    findings: Findings,
    drafts: Sequence[Draft],
    entities: Sequence[EntitySpec],
    *,
    archetype: Archetype | None,
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    rules: Sequence[RuleSpec],
    slips: Mapping[str, str],
) -> tuple[str, ...]:
    """A line for each thing that the goal does not say and the app has all the same."""
    labels = {entity.name: entity for entity in entities}
    pairs = list(zip(drafts, entities, strict=True))
    lines = [
        *islice((f"“{slip}” is read as “{meant}”." for slip, meant in slips.items()), 3),
        *_tell_of_short_goal(findings, pairs, archetype),
        *islice(_tell_of_additions(pairs), 4),
        *islice(_tell_of_verbs(findings, pairs), 3),
        *islice((_tell_of_form(labels[form.entity], form) for form in forms), 2),
        *islice(_tell_of_rules(labels, rules), 2),
    ]
    # Who signs in is told whatever else must be cut.
    return (*lines[: _MOST_LINES - 1], _tell_of_sign_in(roles, labels))


def _tell_of_short_goal(
    findings: Findings, pairs: Sequence[tuple[Draft, EntitySpec]], archetype: Archetype | None
) -> Iterator[str]:
    words_read = sum(weight > 0 for weight in findings.weights.values())
    if archetype is not None and (words_read < _FEW_WORDS or all(draft.added for draft, _ in pairs)):
        plurals = _join_words([entity.plural.lower() for _, entity in pairs])
        yield (
            f"The goal says little, so this app keeps what others of its kind usually do: {plurals}. "
            "Say who uses it and what it should remember to get a closer fit."
        )


def _tell_of_additions(pairs: Sequence[tuple[Draft, EntitySpec]]) -> Iterator[str]:
    for draft, entity in pairs:
        users = [lower_first(linked.label) for _, linked in pairs if _points_at(linked, entity)]
        targets = [lower_first(linked.label) for _, linked in pairs if _points_at(entity, linked)]
        if draft.added and users:
            yield f"{entity.plural} were added, because each {users[0]} belongs to one."
        elif draft.added and targets:
            yield f"{entity.plural} were added, because {with_article(targets[0])} usually has them."
        elif draft.added:
            yield f"{entity.plural} were added, because an app of this kind usually needs them."


def _points_at(source: EntitySpec, target: EntitySpec) -> bool:
    return source is not target and any(field.ref == target.name for field in source.fields)


def _tell_of_verbs(findings: Findings, pairs: Sequence[tuple[Draft, EntitySpec]]) -> Iterator[str]:
    done = set()
    for act in findings.acts:
        name = actions().get(act.verb)
        entity = next((entity for draft, entity in pairs if name and draft.goes_by(key_of(name))), None)
        if entity is not None and entity.name not in done:
            done.add(entity.name)
            fields = [lower_first(field.label) for field in entity.fields][:4]
            plural_label = lower_first(entity.plural)
            yield f"“{act.verb.capitalize()}” is kept as {plural_label}, each with {_join_words(fields)}."


def _tell_of_form(entity: EntitySpec, form: FormSpec) -> str:
    what = lower_first(entity.plural)
    page = f"Anybody can use the public page “{form.action}” without signing in"
    return f"{page}; the {what} are on your side of the app."


def _tell_of_rules(labels: dict[str, EntitySpec], rules: Sequence[RuleSpec]) -> Iterator[str]:
    for rule in rules:
        plural_label = labels[rule.entity].plural
        fields = [labels[rule.entity].field(name) for name in rule.fields]
        subject = next((field for field in reversed(fields) if field is not None and field.ref), None)
        if rule.kind is RuleKind.NO_OVERLAP and subject is not None:
            yield f"{plural_label} of the same {lower_first(subject.label)} at the same time are refused."
        if rule.kind is RuleKind.ONE_OPEN and subject is not None:
            yield f"{plural_label} of a {lower_first(subject.label)} that is not back yet are refused."
        if rule.kind is RuleKind.CAPACITY and subject is not None:
            yield f"{plural_label} are refused when the {lower_first(subject.label)} is full."
        if rule.kind is RuleKind.STOCK and subject is not None:
            what = lower_first(subject.label)
            yield f"{plural_label} take from the stock of their {what} and are refused when there is too little."


def _tell_of_sign_in(roles: Sequence[RoleSpec], labels: dict[str, EntitySpec]) -> str:
    theirs = [labels[role.entity].plural for role in roles if role.scope is RoleScope.OWN and role.entity]
    if not theirs:
        return _STAFF_ALONE
    names = [role.name.lower() for role in roles if role.scope is RoleScope.ALL]
    staff = next((name for name in names if name not in NOT_STAFF), "staff")
    return (
        f"{_join_words(theirs)} sign in and see only what is theirs; the {staff} signs in and sees everything, "
        "because both use the app."
    )


def _join_words(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
