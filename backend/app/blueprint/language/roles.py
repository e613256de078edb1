"""The kinds of people who use the app, and those of them who sign in to see their own records."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

from app.blueprint.language.acting import FOUNDER, Act
from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import Draft, is_provider
from app.blueprint.language.lexicon import plural
from app.blueprint.language.owning import who_enters
from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import RoleScope, RoleSpec

_LOOKS: Final = word_list("looking_verbs")
_HANDS_IN: Final = word_list("handing_in_verbs")
_ANSWERS: Final = word_list("answering_verbs")
_INSIDE: Final = tuple(word_list("inside_people"))
_DOORS: Final = frozenset({"portal", "login", "log-in", "sign-in", "signin"})
_MOST_ROLES: Final = 6
_MOST_MEMBERS: Final = 2
_OWNER: Final = "Owner"


def own_people(
    acts: Sequence[Act],
    drafts: Sequence[Draft],
    words: Sequence[str],
    *,
    claiming: Set[str] = frozenset(),
    asks_on_page: bool = False,
    asks_for_proof: bool = False,
    is_without_account: bool = False,
) -> list[Draft]:
    """The people who use the app beside its staff, each with records of their own.

    Those who are said to sign in or to see only what is theirs are `claiming`.
    Who hands something in and is answered signs in for it, unless the goal `asks_on_page`. Where it
    `asks_for_proof`, such as an induction, somebody has to be known before they book.
    """
    served = [
        draft
        for draft in drafts
        if draft.is_person and (not is_provider(draft.label) or draft.key.endswith(_INSIDE))
    ]
    people = [draft for draft in served if _has_records(draft, drafts)]
    members = [
        draft for draft in people if _looks_at_own(draft, acts) or (not asks_on_page and _is_answered(draft, acts))
    ]
    entering = who_enters(acts)
    claimed = [
        draft
        for draft in drafts
        if _claims(draft, claiming)
        and _has_records(draft, drafts)
        and not (draft.key in entering and _chooses_things(draft, drafts))
    ]
    # Those who serve come last: whom they serve signs in first.
    claimed.sort(key=lambda draft: draft not in served)
    members = [*members[:1], *(draft for draft in claimed if draft not in members[:1])]
    if not members and people and _DOORS & set(words) and not is_without_account:
        members = people[:1]
    if not members and asks_for_proof:
        # Whoever signs in chooses from what is their own, so nobody could book a car that is kept as somebody's.
        members = [draft for draft in people if not _has_things(draft, drafts)]
    return members[:_MOST_MEMBERS]


def _chooses_things(person: Draft, drafts: Sequence[Draft]) -> bool:
    """True if records of theirs name a thing that may be another's: who signs in chooses only from theirs."""
    chosen = {link.target for draft in drafts if _links_to(draft, person) for link in draft.links if link.required}
    return any(draft.key in chosen and _links_to(draft, person) for draft in drafts)


def _links_to(draft: Draft, person: Draft) -> bool:
    return any(link.target == person.key for link in draft.links)


def _claims(draft: Draft, claiming: Set[str]) -> bool:
    return draft.is_person and (draft.key in claiming or any(key in claiming for key in draft.stands_for))


def name_apart(members: Sequence[Draft], drafts: Sequence[Draft]) -> None:
    """Call the owners who sign in by what they own: "dog owners", since the app has an owner of its own."""
    for member in members:
        owned = next((draft for draft in drafts if any(link.target == member.key for link in draft.links)), None)
        if member.label == _OWNER and owned is not None:
            member.label = f"{owned.label} {_OWNER.lower()}"


def _has_records(draft: Draft, drafts: Sequence[Draft]) -> bool:
    return any(link.target == draft.key for record in drafts for link in record.links)


def _has_things(draft: Draft, drafts: Sequence[Draft]) -> bool:
    """True if things are kept as theirs, such as the cars of members."""
    things = (thing for thing in drafts if not (thing.is_person or thing.is_action or thing.is_linking))
    return any(link.target == draft.key for thing in things for link in thing.links)


def _looks_at_own(draft: Draft, acts: Sequence[Act]) -> bool:
    return any(_is_same_person(draft, act.who) and act.own and act.verb in _LOOKS for act in acts)


def _is_answered(draft: Draft, acts: Sequence[Act]) -> bool:
    """True if these people hand something in, and somebody else deals with it."""
    hands_in = any(_is_same_person(draft, act.who) and act.verb in _HANDS_IN for act in acts)
    return hands_in and any(not _is_same_person(draft, act.who) and act.verb in _ANSWERS for act in acts)


def _is_same_person(draft: Draft, who: str) -> bool:
    return bool(who) and (draft.key == key_of(who) or draft.goes_by(key_of(who)))


def roles_of(
    drafts: Sequence[Draft], names: dict[str, str], members: Sequence[Draft], acts: Sequence[Act]
) -> tuple[RoleSpec, ...]:
    """The kinds of people; with a sign-in, those who see everything first."""
    if not members:
        people = [draft for draft in drafts if draft.is_person][:_MOST_ROLES]
        return tuple(_role_kept(draft, names) for draft in people)
    theirs = [
        RoleSpec(
            name=draft.label, about=f"{plural(draft.label)} sign in and see what is their own.",
            scope=RoleScope.OWN, entity=names[draft.key],
        )
        for draft in members
    ]  # fmt: skip
    return (_staff_role(drafts, names, members, acts), *theirs)


def _role_kept(draft: Draft, names: dict[str, str]) -> RoleSpec:
    about = f"The {plural(draft.label).lower()} that this app keeps track of."
    return RoleSpec(name=draft.label, about=about, entity=names[draft.key])


def _staff_role(
    drafts: Sequence[Draft], names: dict[str, str], members: Sequence[Draft], acts: Sequence[Act]
) -> RoleSpec:
    """The role that deals with what the others hand in, by the goal's name for it."""
    others = [
        act.who
        for act in acts
        if act.who != FOUNDER and not any(_is_same_person(draft, act.who) for draft in members)
    ]
    # "People" and "users" may be those who sign in, so they are no name for the staff.
    name = next((who for who in others if who not in ("people", "person", "user")), "staff").capitalize()
    entity = next((names[draft.key] for draft in drafts if draft.is_person and draft.key == key_of(name)), None)
    return RoleSpec(name=name, about="Sees and changes everything.", entity=entity)
