"""The words of an app for its customers: the name of the business and a welcome, no word of software."""

from __future__ import annotations

import re
from typing import Final

from app.blueprint.spec import AppSpec, FormSpec, Publicity, RoleScope
from app.blueprint.spec_queries import lower_first, person_of

_SOFTWARE: Final = frozenset(
    "app application booking bookings dashboard database log management manager organiser organizer planner "
    "platform portal register scheduler scheduling site software system tool tracker tracking website".split()
)
_BUILDERS: Final = re.compile(
    r"\b(apps?|applications?|tools?|systems?|software|web ?sites?|web ?pages?|platforms?|portals?|dashboards?|"
    r"databases?|trackers?|tracking|tracks?|manage[sr]?|managing|management|records?|i|my|we|our|us|build|users?|"
    r"log ?in|admin|staff|create|make me|customers?|clients?|visitors?|people|"
    r"everyone|everybody|they|their|pages?|forms?|online)\b",
    re.IGNORECASE,
)


_LISTING: Final = re.compile(r"\d|[:(]| - ")
"""Numbers and lists are the order of a founder: "walks at 12 and 3pm, max 6 dogs per walk"."""
_WORD: Final = re.compile(r"[a-z]+")


def customer_name(spec: AppSpec) -> str:
    """The title without the words of software at its end: "Yoga Studio Booking" is "Yoga Studio"."""
    words = spec.title.split()
    # "Booking Platform" keeps a word: a name of nothing is no name.
    while len(words) > 1 and words[-1].lower() in _SOFTWARE:
        words.pop()
    return " ".join(words)


def customer_lead(spec: AppSpec) -> str:
    """The tagline, where it speaks to customers, or else what they can do here."""
    # A goal is written for whoever builds: "an app to manage my bookings" is no welcome.
    if spec.tagline != spec.title and _is_welcome(spec):
        return spec.tagline
    on_front = [form for form in spec.forms if not _is_about_something(spec, form)]
    if on_front:
        offer = _either([lower_first(form.action) for form in on_front[:3]])
        return f"{offer[0].upper()}{offer[1:]} right here: it takes a minute, and you need no account."
    if spec.forms:
        offer = _either([lower_first(form.action) for form in spec.forms[:3]])
        return f"Have a look around, then {offer}: it takes a minute, and you need no account."
    theirs = _kept_for_members(spec)
    return f"Sign in and see your {theirs}." if theirs else f"Welcome to {customer_name(spec)}."


def _kept_for_members(spec: AppSpec) -> str:
    """What the records are called that people who sign in see of their own: "dogs"."""
    people = {
        person.name for role in spec.roles if role.scope is RoleScope.OWN and (person := person_of(spec, role))
    }
    kept = [entity for entity in spec.entities if any(field.ref in people for field in entity.fields)]
    return lower_first(kept[0].plural) if kept else ""


def _is_welcome(spec: AppSpec) -> bool:
    """True if the tagline speaks to customers: no list of features, and no word for them as for others."""
    people = {word for role in spec.roles for word in (role.name.lower(), f"{role.name.lower()}s")}
    words = set(_WORD.findall(spec.tagline.lower()))
    is_listing = _LISTING.search(spec.tagline) is not None
    return not (is_listing or words & people or _BUILDERS.search(spec.tagline))


def _either(actions: list[str]) -> str:
    return ", ".join(actions[:-1]) + f" or {actions[-1]}" if len(actions) > 1 else actions[0]


def _is_about_something(spec: AppSpec, form: FormSpec) -> bool:
    """True for a form that stands on the page of a public record, such as a vote for an idea."""
    entity = spec.entity(form.entity)
    fields = [entity.field(name) for name in form.fields] if entity else []
    targets = [spec.entity(field.ref) for field in fields if field and field.ref and field.required]
    return any(target is not None and target.public is Publicity.DETAIL for target in targets)
