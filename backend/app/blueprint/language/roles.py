"""Which kinds of people use the app, and whether some of them sign in to see what is theirs alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.blueprint.language.acting import FOUNDER, Act
from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import Draft, is_provider
from app.blueprint.language.lexicon import plural
from app.blueprint.language.word_lists import word_list
from app.blueprint.spec import RoleScope, RoleSpec

_LOOKS: Final = word_list("looking_verbs")
_HANDS_IN: Final = word_list("handing_in_verbs")
_ANSWERS: Final = word_list("answering_verbs")
_INSIDE: Final = tuple(word_list("inside_people"))
_DOORS: Final = frozenset({"portal", "login", "log-in", "sign-in", "signin"})
_MOST: Final = 6


def own_people(acts: Sequence[Act], drafts: Sequence[Draft], words: Sequence[str]) -> list[Draft]:
    """The people who use the app beside its staff, each with records of their own."""
    served = [one for one in drafts if one.is_person and (not is_provider(one.label) or one.key.endswith(_INSIDE))]
    people = [one for one in served if _has_records(one, drafts)]
    found = [one for one in people if _looks_at_own(one, acts) or _is_answered(one, acts)]
    if not found and people and _DOORS & set(words):
        found = people[:1]
    return found[:1]


def _has_records(one: Draft, drafts: Sequence[Draft]) -> bool:
    return any(link.target == one.key for other in drafts for link in other.links)


def _looks_at_own(one: Draft, acts: Sequence[Act]) -> bool:
    return any(_is(one, act.who) and act.own and act.verb in _LOOKS for act in acts)


def _is_answered(one: Draft, acts: Sequence[Act]) -> bool:
    """Whether these people hand something in, and somebody else deals with it."""
    hands_in = any(_is(one, act.who) and act.verb in _HANDS_IN for act in acts)
    return hands_in and any(not _is(one, act.who) and act.verb in _ANSWERS for act in acts)


def _is(one: Draft, who: str) -> bool:
    return bool(who) and (one.key == key_of(who) or one.goes_by(key_of(who)))


def roles_of(
    drafts: Sequence[Draft], names: dict[str, str], own: Sequence[Draft], acts: Sequence[Act]
) -> tuple[RoleSpec, ...]:
    """The kinds of people; with a sign-in, those who see everything first."""
    if not own:
        people = [one for one in drafts if one.is_person][:_MOST]
        return tuple(_kept(one, names) for one in people)
    theirs = [
        RoleSpec(
            name=one.label, about=f"{plural(one.label)} sign in and see what is their own.",
            scope=RoleScope.OWN, entity=names[one.key],
        )
        for one in own
    ]  # fmt: skip
    return (_staff(drafts, names, own, acts), *theirs)


def _kept(one: Draft, names: dict[str, str]) -> RoleSpec:
    about = f"The {plural(one.label).lower()} that this app keeps track of."
    return RoleSpec(name=one.label, about=about, entity=names[one.key])


def _staff(drafts: Sequence[Draft], names: dict[str, str], own: Sequence[Draft], acts: Sequence[Act]) -> RoleSpec:
    """Those who deal with what the others hand in, by the goal's name for them."""
    others = [act.who for act in acts if act.who != FOUNDER and not any(_is(one, act.who) for one in own)]
    name = next((who for who in others if who not in ("people", "person", "user")), "staff").capitalize()
    entity = next((names[one.key] for one in drafts if one.is_person and one.key == key_of(name)), None)
    return RoleSpec(name=name, about="Sees and changes everything.", entity=entity)
