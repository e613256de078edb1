"""Who is here, and which records they may see and change."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request

from . import database, figures, hosts, people
from .database import BY_TABLE
from .fields import Value
from .model import Entity, Field, Role
from .routing import Given
from .schema import ROLES
from .triggers import STATUSES

OWNER = Role(people.OWNER, "")
STAFF_ROLE = Role(" Staff", "Sees and changes everything but the accounts.")
"""For an app that names no roles of its staff; kept like the owner's, so that no role of the schema is taken for it."""
STAFF = "Staff"
ANYBODY = "Anybody"
JUDGEMENTS = frozenset({"approved", "decision", "feedback", "grade", "mark", "result", "score", "verdict", *STATUSES})
"""What others say about somebody's record, which nobody says about their own."""

Condition = tuple[str, list[Value]]


@dataclass(frozen=True)
class Visitor:
    """Somebody who may use the pages; `own_id` is the record that describes them, if their role has one."""

    name: str = STAFF
    role: Role = OWNER
    own_id: int | None = None
    session: str = ""
    user_id: int = 0

    @property
    def actor(self) -> figures.Actor:
        """Who the SQL of worked-out values takes them for."""
        return figures.Actor(self.role.name.strip(), self.role.own, self.own_id)

    @property
    def is_owner(self) -> bool:
        """Whether they decide who signs in."""
        return self.role == OWNER

    @property
    def is_staff(self) -> bool:
        """Whether every record is theirs to see and change."""
        return not self.role.own

    def sees(self, entity: Entity) -> Condition:
        """The condition that finds the records of this kind that they may see."""
        right = entity.right(self.role.name)
        if right and right.sees != "own":
            return (right.only_if, []) if right.sees == "all" else ("0", [])
        if self.is_staff:
            return "1", []
        found = _path(entity, self.role.own, frozenset())
        if not found or self.own_id is None:
            return "0", []
        own = [self.own_id] * found.count("?")
        return (f"({found} AND {right.only_if})" if right else found), own

    def sees_some(self, entity: Entity) -> bool:
        """Whether this kind of record is on their side of the app at all."""
        right = entity.right(self.role.name)
        if right and right.sees != "own":
            return right.sees == "all"
        return self.is_staff or bool(_path(entity, self.role.own, frozenset()))

    def chooses(self, entity: Entity) -> Condition:
        """The condition that finds what they may link to: their own, or what is everybody's."""
        return self.sees(entity) if self.sees_some(entity) else ("1", [])

    def may_add(self, entity: Entity) -> bool:
        """Whether they may add a record of this kind."""
        right = entity.right(self.role.name)
        if right:
            return right.adds and (self.is_staff or self.own_id is not None)
        return self.is_staff or (entity.table in self.role.adds and self.own_id is not None)

    def adds_as(self, entity: Entity) -> str:
        """What adding a record of this kind is called: "Take a seat" where their right says so."""
        right = entity.right(self.role.name)
        return right.label if right and right.label else f"New {entity.one}"

    def may_change(self, entity: Entity) -> bool:
        """Whether they may change those records of this kind that they see."""
        right = entity.right(self.role.name)
        if right:
            return right.changes != "none"
        return self.is_staff or entity.table in (*self.role.adds, self.role.own)

    def may_change_record(self, db: sqlite3.Connection, entity: Entity, record_id: int) -> bool:
        """Whether they may change this record, which they see: a right to one's own covers no other."""
        right = entity.right(self.role.name)
        if not right or right.changes != "own":
            return self.may_change(entity)
        path = _path(entity, self.role.own, frozenset())
        if not path or self.own_id is None:
            return False
        return bool(database.count(db, entity, f"id = ? AND {path}", [record_id, *[self.own_id] * path.count("?")]))

    def may_delete(self, entity: Entity) -> bool:
        """Whether they may delete records of this kind."""
        right = entity.right(self.role.name)
        return right.deletes if right else self.is_staff

    def fields(self, entity: Entity) -> list[Field]:
        """The fields of a form that are theirs to fill in."""
        worked_out = summed(entity) | ({entity.state} if entity.moves else set())
        right = entity.right(self.role.name)
        theirs = right.fields if right and right.fields else [field.name for field in entity.fields]
        fields = [field for field in entity.fields if field.name not in worked_out and field.name in theirs]
        if not right and not self.is_staff:
            fields = [field for field in fields if self._fills_in(entity, field)]
        _, chosen = self._own_links(entity)
        return [field for field in fields if field.name in chosen or field.ref != self.role.own or not self.role.own]

    def _fills_in(self, entity: Entity, field: Field) -> bool:
        if entity.table == self.role.own:
            return field.type not in ("ref", "choice", "money", "email")
        if field.ref:
            return field.required or self.sees_some(BY_TABLE[field.ref])
        judged = field.name in JUDGEMENTS and not field.required
        return field.type != "money" and field.name != entity.board and not judged

    def forced(self, entity: Entity) -> dict[str, Value]:
        """The links to their own record, which they do not choose."""
        if self.is_staff or entity.table == self.role.own:
            return {}
        mine, _ = self._own_links(entity)
        return {mine: self.own_id} if mine else {}

    def _own_links(self, entity: Entity) -> tuple[str, list[str]]:
        """The link by which a record is theirs, which is filled in, and those by which they choose somebody else.

        Whoever reports a game is one of its players and chooses the other; a sitter is found later, by a step.
        """
        links = [field for field in entity.of_type("ref") if field.ref == self.role.own]
        right = entity.right(self.role.name)
        named = right.fields if right else ()
        left = [field for field in links if field.name not in named] or links
        mine = next((field.name for field in left if field.required), left[0].name if left else "")
        chosen = [field.name for field in links if field.name != mine and (field.name in named or (field.required and not named))]
        return mine, chosen


FOUNDER = Visitor("Owner")
"""Whoever came by the founder's own link of a preview, and has not signed in as somebody else."""


def summed(entity: Entity) -> set[str]:
    """The fields of this kind that nobody types in: those worked out from other records, and codes."""
    from_children = database.sums_into()
    codes = {field.name for field in entity.of_type("code")}
    return codes | {name for table, name in from_children if table == entity.table}


def _path(entity: Entity, own: str, seen: frozenset[str]) -> str:
    """The condition that leads from a record to the person it belongs to, with a mark for their record's id."""
    if entity.table == own:
        return "id = ?"
    direct = [f'"{field.name}" = ?' for field in entity.of_type("ref") if field.ref == own]
    if direct:
        return f"({' OR '.join(direct)})"
    for field in entity.of_type("ref"):
        belongs = field.on_delete == "cascade" or field.required
        if belongs and field.ref not in seen and field.ref != entity.table:
            inner = _path(BY_TABLE[field.ref], own, seen | {entity.table})
            if inner:
                return f'"{field.name}" IN (SELECT id FROM "{field.ref}" WHERE {inner})'
    return ""


def known(request: Request) -> Visitor | None:
    """Who is signed in."""
    session = people.cookie(request)
    with database.session() as db:
        visitor = _of_session(db, session)
    if visitor is None and session != people.SIGNED_OUT and hosts.is_founder(request):
        visitor = FOUNDER
    request.state.visitor = visitor
    return visitor


def _of_session(db: sqlite3.Connection, session: str) -> Visitor | None:
    user = people.of_session(db, session)
    if user is None:
        return None
    role = _role_of(user["role"])
    if role is None:
        return None
    is_there = role.own and database.get(db, BY_TABLE[role.own], user["record_id"] or 0) is not None
    own_id = int(user["record_id"]) if is_there else None
    return Visitor(name=user["name"], role=role, own_id=own_id, session=session, user_id=int(user["id"]))


def _role_of(name: str) -> Role | None:
    """None for a role that this version does not know: such an account opens nothing."""
    if name in (OWNER.name, STAFF_ROLE.name):
        return OWNER if name == OWNER.name else STAFF_ROLE
    return next((role for role in ROLES if role.name == name), None)


def signed_in(request: Request) -> Visitor:
    """Who is here; sends anybody else to the page where they sign in."""
    visitor = known(request)
    if visitor is None:
        # Whoever mistypes an address of the site is no member of the staff.
        table = request.path_params.get("table")
        if table is not None and table not in BY_TABLE:
            raise HTTPException(404, "There is no such page.")
        back = f"?next={quote(request.url.path)}" if request.method == "GET" else ""
        raise HTTPException(303, "Sign in first.", headers={"location": f"/sign-in{back}"})
    return visitor


Here = Annotated[Visitor, Given(signed_in)]
Guest = Annotated[Visitor | None, Given(known)]


def owner_only(visitor: Visitor) -> None:
    """Refuses everybody but the owners, who alone decide who signs in."""
    if not visitor.is_owner:
        raise HTTPException(404, "There is no such page.")


def staff_only(visitor: Visitor) -> None:
    """Refuses whoever works with their own records alone."""
    if not visitor.is_staff:
        raise HTTPException(404, "There is no such page.")
