"""People of an app's roles, who act with the rights of their role: staff by an account, others by signing up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.known_records import KnownRecords
from app.acceptance.people import People
from app.blueprint.generate.item_scenes import person_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, OnDelete
from app.blueprint.spec_queries import staff_roles


@dataclass
class Actor:
    """Somebody who has signed in; with records of their own, `me` is the one that describes them."""

    session: HttpSession
    role: str
    me: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The record that describes them; 0 for staff."""
        return next(iter(self.me.values()), 0)


class Actors:
    """Lets people of every role in, each once."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._staff: dict[str, Actor] = {}
        # By the session itself: the address of one that is gone is soon that of another, whose posts would then be
        # refused for their token, and look as if a right had closed them.
        self._tokens: dict[HttpSession, str] = {}

    async def of(self, role: str, known: KnownRecords, number: int = 0) -> Actor:
        """Somebody of the role; with records of their own, the person of that record or of some record."""
        person = self._people.spec.entity(person_of(self._people.spec, role))
        if person is None:
            if role not in self._staff:
                self._staff[role] = Actor(await self._people.staff(role), role)
            return self._staff[role]
        chosen = number or next(iter(self.joined(person)), 0) or next(iter(can_join(person, known)))
        return await self._let_in_member(role, person, chosen, known)

    def joined(self, person: EntitySpec) -> list[int]:
        """The people of that kind who have signed up already."""
        return [
            int(path.rsplit("/", 1)[1]) for path in self._people.joined if path.startswith(f"/{person.table}/")
        ]

    async def post(self, session: HttpSession, path: str, values: dict[str, str]) -> Answer:
        """Post a form that no page of the app holds, with the token of a page; the app's answer."""
        if session not in self._tokens:
            page = await session.get("/about")
            tokens = (form.untouched().get("csrf_token", "") for form in page.page.forms)
            self._tokens[session] = next((token for token in tokens if token), "")
        return await session.post(path, {"csrf_token": self._tokens[session], **values})

    async def _let_in_member(self, role: str, person: EntitySpec, number: int, known: KnownRecords) -> Actor:
        mail = known.of(person)[number][_email_field(person)]
        return Actor(await self._people.invited(f"/{person.table}/{number}", mail), role, {person.name: number})


def signs_in(spec: AppSpec, role: str) -> bool:
    """True for a role whose people have accounts; customers may come without one."""
    return bool(person_of(spec, role)) or role in {staff.name for staff in staff_roles(spec)}


def _email_field(person: EntitySpec) -> str:
    return next(field.name for field in person.fields if field.type is FieldType.EMAIL)


def can_join(person: EntitySpec, known: KnownRecords) -> Iterator[int]:
    """The people who can be invited: those with an e-mail that nobody else has."""
    email = _email_field(person)
    mails = [texts[email] for texts in known.of(person).values()]
    return (
        # The app refuses a second account with the same e-mail.
        number
        for number, texts in known.of(person).items()
        if texts[email] and mails.count(texts[email]) == 1
    )


def paths_to(
    spec: AppSpec, entity: EntitySpec, person: str, visited: frozenset[str] = frozenset()
) -> Iterator[tuple[str, ...]]:
    """Every way from a record to people: its own links first, then those of what it belongs to."""
    for link in entity.fields:
        # A link straight to the person says whose it is, whatever else leads there.
        if link.ref == person:
            yield (link.name,)
    for link in entity.fields:
        target = spec.entity(link.ref) if link.ref and _belongs(link) else None
        # By others only where a record cannot be without them: else some records would be nobody's.
        if target is not None and target.name not in visited | {entity.name}:
            for onward in paths_to(spec, target, person, visited | {entity.name}):
                yield (link.name, *onward)


def _belongs(link: FieldSpec) -> bool:
    return link.required or link.on_delete is OnDelete.CASCADE


def owners_of(known: KnownRecords, entity: EntitySpec, number: int, person: str) -> list[int]:
    """The people a record belongs to: all it links to itself, or else those of what it belongs to first."""
    if entity.name == person:
        return [number]
    paths = list(paths_to(known.spec, entity, person))
    direct = [path for path in paths if len(path) < 2]
    return _led_to(known, entity, number, direct or [path for path in paths if path[0] == paths[0][0]])


def owner_of(known: KnownRecords, entity: EntitySpec, number: int, person: str) -> int:
    """The number of the first person a record belongs to; 0 where it belongs to nobody."""
    return next(iter(owners_of(known, entity, number, person)), 0)


def people_of(known: KnownRecords, entity: EntitySpec, number: int, person: str) -> list[int]:
    """The people whom a record has to do with, its owners first: who asked for a swap, and who was asked."""
    further = _led_to(known, entity, number, list(paths_to(known.spec, entity, person)))
    return list(dict.fromkeys([*owners_of(known, entity, number, person), *further]))


def _led_to(known: KnownRecords, entity: EntitySpec, number: int, paths: list[tuple[str, ...]]) -> list[int]:
    evaluator = known.evaluator()
    numbers = [evaluator.value(".".join(path), entity.name, number) for path in paths]
    return [int(person) for person in numbers if isinstance(person, Fraction)]
