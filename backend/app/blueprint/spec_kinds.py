"""The closed lists of a specification: its types, kinds and rights, and the names that every app reserves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SPEC_VERSION: Final = 2
MAX_ENTITIES: Final = 12
MAX_FIELDS: Final = 20

# Kept by every record, sent by every form, or SQLite's own names for the number of a row.
RESERVED_FIELDS: Final = frozenset({"id", "created_at", "updated_at", "csrf_token", "rowid", "oid"})
RESERVED_TABLES: Final = frozenset(
    # The addresses that every app has,
    "about forms health setup static new calendar board totals search "
    # and the tables and indexes that it keeps besides its records.
    "app_attempts app_drafts app_sent app_changes app_changes_record app_files app_kept app_kept_record "
    "app_messages app_messages_record app_small app_sessions app_settings app_undo app_users".split()
)
ASIDE: Final = "app_aside_"
"""Begins the names under which a table is put aside while an app takes over records."""
AUTOMATIC: Final = "automatic"
OWNER: Final = "Owner"
VISITOR: Final = "visitor"
EVERYWHERE: Final = (OWNER, VISITOR, AUTOMATIC)
"""Who may take a move beside the roles of an app: the owner, a visitor by their own link, and the app itself."""


class FieldType(StrEnum):
    """The types of field."""

    TEXT = "text"
    LONGTEXT = "longtext"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    CODE = "code"
    IMAGE = "image"
    FILE = "file"
    REF = "ref"


class OnDelete(StrEnum):
    """The effect on a record when the one it belongs to is deleted."""

    CASCADE = "cascade"
    SET_NULL = "set_null"
    RESTRICT = "restrict"


class ViewKind(StrEnum):
    """The ways to show the records of an entity beside the plain list."""

    LIST = "list"
    CALENDAR = "calendar"
    BOARD = "board"
    TOTALS = "totals"
    CHART = "chart"
    GALLERY = "gallery"
    DOCUMENT = "document"
    RANKING = "ranking"
    REVIEW = "review"
    RESULTS = "results"


class RuleKind(StrEnum):
    """The kinds of rule that an app watches over."""

    NO_OVERLAP = "no_overlap"
    CAPACITY = "capacity"
    UNIQUE = "unique"
    OVERDUE = "overdue"
    SUM = "sum"
    IN_ORDER = "in_order"
    STOCK = "stock"
    ONE_OPEN = "one_open"
    ENSURE = "ensure"
    LOCKED = "locked"


class MessageKind(StrEnum):
    """The events that a message about a record is written for."""

    ADDED = "added"
    STATE = "state"
    BEFORE = "before"


class RoleScope(StrEnum):
    """The records that a kind of person works with: every one, or their own."""

    ALL = "all"
    OWN = "own"


class Publicity(StrEnum):
    """The public part of a kind of record: nothing, a list, or a list with a page for each."""

    NONE = "none"
    LIST = "list"
    DETAIL = "detail"


class Reach(StrEnum):
    """The records of a kind that a right covers."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


class WishState(StrEnum):
    """The degree to which a wish of the goal is met."""

    KEPT = "kept"
    PARTLY = "partly"
    LEFT_OUT = "left_out"


class CheckKind(StrEnum):
    """The subject of an acceptance check, of the records of `entity` or of the rule with the number `rule`."""

    KEEPS = "keeps"
    REFUSES = "refuses"
    RULE = "rule"
    FORM = "form"
    LINES = "lines"
    PRIVATE = "private"
    FILES = "files"
    MESSAGES = "messages"


class Design(StrEnum):
    """The designs that an app can wear."""

    CALM = "calm"
    HEARTY = "hearty"
    PLAYFUL = "playful"
    STURDY = "sturdy"
    ELEGANT = "elegant"
    NATURAL = "natural"
    BOLD = "bold"
    PRECISE = "precise"
    CLASSIC = "classic"
    FRESH = "fresh"


class Tone(StrEnum):
    """The strength of an app's colours."""

    FULL = "full"
    SOFT = "soft"
    GREY = "grey"


class Scheme(StrEnum):
    """The brightness of the pages: light, dark, or what the reader's device asks for."""

    BOTH = "both"
    LIGHT = "light"
    DARK = "dark"
