"""Whoever the staff has entered before signs up by a link that the staff gives them: nobody proves an e-mail here."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from . import people, security
from .model import Entity
from .schema import ROLES


@dataclass(frozen=True)
class Invitation:
    """How the person of a record comes to sign in."""

    link: str
    """Where they sign up."""
    is_taken: bool
    """Somebody has an account with their e-mail, and it is not theirs."""
    taken_by: int | None = None
    """The record that this account belongs to."""


def of(db: sqlite3.Connection, key: bytes, entity: Entity, row: Mapping[str, Any]) -> Invitation | None:
    """The invitation of a record's person; None when there is nobody to invite, or nobody any more."""
    role = next((role for role in ROLES if role.own == entity.table), None)
    field = people.email_field(entity)
    if role is None or not field or not row[field] or people.is_joined(db, role.name, row["id"]):
        return None
    email = str(row[field])
    account = db.execute("SELECT role, record_id FROM app_users WHERE email = ?", [email]).fetchone()
    if account is not None:
        return Invitation("", True, account["record_id"] if account["role"] == role.name else None)
    if people.own_record(db, entity, email) != row["id"]:
        return None
    code = security.invitation(key, entity.table, row["id"], email)
    query = urlencode({"role": role.name, "email": email, "invitation": code})
    return Invitation(f"/sign-up?{query}", is_taken=False)


def is_good(key: bytes, entity: Entity, record_id: int, email: str, code: str) -> bool:
    """Whether the staff gave this person the link of this record."""
    made = security.invitation(key, entity.table, record_id, email)
    return hmac.compare_digest(made.encode(), code.encode())
