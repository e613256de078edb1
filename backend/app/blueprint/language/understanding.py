"""From a founder's goal to the specification of an app, by rules alone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Final
from zlib import crc32

from app.blueprint import shape
from app.blueprint.currencies import currency_in
from app.blueprint.language import wording
from app.blueprint.language.accounting import FILES, MESSAGES, wishes_of
from app.blueprint.language.allowances import apply_allowances
from app.blueprint.language.archetypes import Archetype
from app.blueprint.language.bounds import apply_bounds
from app.blueprint.language.candidates import find_records
from app.blueprint.language.capitals import with_capitals
from app.blueprint.language.clashing import apply_clashes
from app.blueprint.language.detailing import with_details
from app.blueprint.language.drafting import draft_entities
from app.blueprint.language.drafts import Draft, is_provider
from app.blueprint.language.entities import Entities
from app.blueprint.language.entitling import apply_needs, asks_for_proof
from app.blueprint.language.figuring import apply_figures, with_scales
from app.blueprint.language.findings import Findings
from app.blueprint.language.forms import asked_on_page, forms_of, leave_to_staff
from app.blueprint.language.handing_in import handed_in, with_addresses
from app.blueprint.language.leaving import left_out, vocabulary, word_forms
from app.blueprint.language.moving import rules_of_stock, with_movements
from app.blueprint.language.other_kinds import refuse_other_kinds
from app.blueprint.language.owing import apply_debts
from app.blueprint.language.owning import denies_accounts, link_claims, people_who_claim, who_enters, with_rights
from app.blueprint.language.pricing import with_prices
from app.blueprint.language.publishing import publish
from app.blueprint.language.quotas import apply_quotas
from app.blueprint.language.ranking import apply_rankings
from app.blueprint.language.reading import GoalUnreadable, Reading, read
from app.blueprint.language.refusing import nothing_to_keep
from app.blueprint.language.roles import name_apart, own_people, roles_of
from app.blueprint.language.sending import messages_of
from app.blueprint.language.shaping import Shape
from app.blueprint.language.staging import with_states
from app.blueprint.language.telling import assumptions
from app.blueprint.language.uploading import with_uploads
from app.blueprint.language.warning import apply_warnings
from app.blueprint.language.yes_or_no import with_yes_or_no
from app.blueprint.look_words import look_words, read_theme
from app.blueprint.plan import Plan, plan_of
from app.blueprint.spec import (
    UPLOADED,
    AppSpec,
    EntitySpec,
    FormSpec,
    RoleScope,
    RoleSpec,
    RuleKind,
    RuleSpec,
    ThemeSpec,
    ViewKind,
    ViewSpec,
    WishSpec,
)

__all__ = ["ENGINE", "GoalUnreadable", "plan_goal", "understand"]

ENGINE: Final = "blueprint"


def understand(goal: str) -> AppSpec:
    """The specification for a goal; GoalUnreadable when there is nothing in it that can be built."""
    reading = read(goal)
    refuse_other_kinds(reading.text)
    findings = find_records(reading.tokens)
    drafts, archetype = draft_entities(findings)
    if not drafts:
        raise GoalUnreadable(nothing_to_keep(reading.tokens))
    return with_capitals(_specify(reading, findings, drafts, archetype), reading.text)


def plan_goal(goal: str) -> Plan:
    """The plan of the app for a goal; GoalUnreadable as `understand`."""
    return plan_of(understand(goal))


def _specify(
    reading: Reading, findings: Findings, drafts: Sequence[Draft], archetype: Archetype | None
) -> AppSpec:
    # Before the records are specified: whoever signs in needs an e-mail address.
    on_page = asked_on_page(reading.text)
    claiming = people_who_claim(reading.text)
    link_claims(reading.text, drafts)
    people_of_their_own = own_people(
        findings.acts,
        drafts,
        reading.tokens,
        claiming=claiming,
        asks_on_page=bool(on_page),
        asks_for_proof=asks_for_proof(reading.text),
        is_without_account=denies_accounts(reading.text),
    )
    name_apart(people_of_their_own, drafts)
    namer = Entities(drafts, findings)
    entities, details_said = with_details(reading.text, namer.specify(reached=people_of_their_own))
    entities = with_uploads(reading.text, entities)
    handed = handed_in(reading.text)
    entities = with_addresses(handed, drafts, entities)
    # Rules read the fields, so all that changes fields goes before.
    entities = with_movements(with_prices(reading.text, with_yes_or_no(reading.text, entities)))
    entities, stages_said = with_states(reading.text, entities)
    entities, scales_said = with_scales(reading.text, entities)
    shaped = Shape(entities, shape.rules_of(entities), said=(*details_said, *stages_said, *scales_said))
    shaped = apply_figures(reading.text, apply_bounds(reading.text, shaped))
    shaped = apply_debts(reading.text, apply_rankings(reading.text, shaped))
    shaped = apply_quotas(reading.text, shaped)
    shaped = apply_warnings(reading.text, apply_clashes(reading.text, apply_allowances(reading.text, shaped)))
    # A visitor whom nobody knows has nothing to show, and every form would refuse them.
    shaped = apply_needs(reading.text, shaped) if people_of_their_own else shaped
    entities, rules = shaped.entities, (*shaped.rules, *rules_of_stock(shaped.entities))
    served = [draft for draft in people_of_their_own if not is_provider(draft.label)]
    forms = forms_of(entities, drafts, findings.acts, served, rules, on_page, handed)
    shaped, forms = publish(reading.text, replace(shaped, entities=entities), forms)
    entities = shaped.entities
    rules = _for_visitors(rules, forms)
    entities = leave_to_staff(entities, forms)
    roles = roles_of(drafts, namer.names, people_of_their_own, findings.acts)
    entities = with_rights(entities, roles, claiming, who_enters(findings.acts))
    title = wording.title(findings, drafts, reading.tokens, goal=reading.text)
    views = (*shape.views_of(entities), *shaped.views)
    messages = messages_of(reading.text, entities, forms)
    does = frozenset([*([MESSAGES] if messages else []), *([FILES] if _holds_files(entities) else [])])
    words_of_app = vocabulary(findings, archetype, entities, forms, roles, title) | look_words(reading.text)
    words_of_app |= {slip for slip, meant in reading.slips.items() if word_forms(meant) & words_of_app}
    wishes = _wishes(
        reading.text,
        words_of_app,
        entities=entities,
        rules=rules,
        views=views,
        forms=forms,
        roles=roles,
        does=does,
        said=shaped.said,
    )
    return AppSpec(
        title=title, tagline=wording.tagline(reading.text), goal=reading.text, engine=ENGINE,
        confidence=_confidence(findings, drafts, archetype), theme=_theme(reading.text, title, archetype),
        currency=currency_in(reading.text),
        roles=roles, entities=entities, views=views, forms=forms, messages=messages, wishes=wishes,
        pages=shape.pages_of(entities, forms), rules=rules,
        acceptance=shape.checks_of(entities, rules, forms=forms, roles=roles),
        assumptions=assumptions(
            findings, drafts, entities, archetype=archetype, forms=forms, roles=roles, rules=rules,
            slips=reading.slips,
        ),
        not_understood=left_out(
            reading.text, findings, archetype=archetype, entities=entities, forms=forms, roles=roles, rules=rules,
            does=does, said=shaped.said,
        ),
    )  # fmt: skip


def _wishes(
    goal: str,
    words_of_app: Set[str],
    *,
    entities: Sequence[EntitySpec],
    rules: Sequence[RuleSpec],
    views: Sequence[ViewSpec],
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    does: Set[str],
    said: Sequence[str],
) -> tuple[WishSpec, ...]:
    """The wishes of a goal, judged by what this app has."""
    kinds = frozenset(rule.kind for rule in rules)
    return wishes_of(
        goal,
        words_of_app,
        counts=bool(kinds & {RuleKind.CAPACITY, RuleKind.STOCK}),
        adds_up=RuleKind.SUM in kinds or any(view.kind is ViewKind.TOTALS for view in views),
        numbers=frozenset(str(rule.limit) for rule in rules if rule.limit is not None),
        does=does,
        said=said,
        own=_words_for_owners(entities, forms, roles),
        refuses=kinds,
        is_open=bool(forms),
        has_accounts=any(role.scope is RoleScope.OWN for role in roles),
    )


def _for_visitors(rules: Sequence[RuleSpec], forms: Sequence[FormSpec]) -> tuple[RuleSpec, ...]:
    """The rules without those that let a visitor book one thing at a time: nobody has asked for that."""
    visitors = {(form.entity, form.person) for form in forms}
    return tuple(
        rule
        for rule in rules
        if rule.kind is not RuleKind.NO_OVERLAP or (rule.entity, rule.fields[-1]) not in visitors
    )


def _holds_files(entities: Sequence[EntitySpec]) -> bool:
    return any(field.type in UPLOADED for entity in entities for field in entity.fields)


def _words_for_owners(
    entities: Sequence[EntitySpec], forms: Sequence[FormSpec], roles: Sequence[RoleSpec]
) -> frozenset[str]:
    """The words for people who see their own records: those with a role for it, and those with a link."""
    names = [role.name for role in roles if role.scope is RoleScope.OWN]
    for form in forms:
        entity = next(candidate for candidate in entities if candidate.name == form.entity)
        person = entity.field(form.person or "")
        names += [candidate.label for candidate in entities if person is not None and candidate.name == person.ref]
    return frozenset(way for name in names for word in name.lower().split() for way in word_forms(word))


def _confidence(findings: Findings, drafts: Sequence[Draft], archetype: Archetype | None) -> float:
    asked_for = sum(not draft.added for draft in drafts)
    # It never reaches 1: rules can misread a goal, and the founder should look.
    value = 0.3 + 0.12 * min(asked_for, 4) + (0.15 if archetype else 0.0) - 0.05 * min(len(findings.unknown), 4)
    return round(min(0.95, max(0.1, value)), 2)


def _theme(goal: str, title: str, archetype: Archetype | None) -> ThemeSpec:
    """The look that the goal asks for; without a colour of its own, in one near that of its kind of app."""
    asked = read_theme(goal)
    if asked.hue is None and archetype is not None:
        # By the title, so that two bakeries look different, and the same one looks the same each time.
        near = (archetype.hue + crc32(title.encode()) % 31 - 15) % 360
        return asked.model_copy(update={"hue": near})
    return asked
