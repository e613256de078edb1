"""Whoever the staff has entered before signs up by a link that the staff gives them: nobody proves an e-mail here."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from . import people, security
from .model import Entity
from .schema import ROLES


def link(db: sqlite3.Connection, key: bytes, entity: Entity, row: Mapping[str, Any]) -> str:
    """Where the person of a record signs up; empty when nobody is to be invited."""
    role = next((role for role in ROLES if role.own == entity.table), None)
    email = str(row[people.email_field(entity)] or "") if role is not None else ""
    if role is None or not email or people.find(db, email) is not None:
        return ""
    if people.own_record(db, entity, email) != row["id"]:
        return ""
    code = security.invitation(key, entity.table, row["id"], email)
    return "/sign-up?" + urlencode({"role": role.name, "email": email, "invitation": code})


def is_good(key: bytes, entity: Entity, record_id: int, email: str, code: str) -> bool:
    """Whether the staff gave this person the link of this record."""
    made = security.invitation(key, entity.table, record_id, email)
    return hmac.compare_digest(made.encode(), code.encode())
