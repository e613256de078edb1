"""The closed lists of a specification: its types, kinds and rights, and the names that every app reserves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SPEC_VERSION: Final = 2
MAX_ENTITIES: Final = 12
MAX_FIELDS: Final = 20

RESERVED_FIELDS: Final = frozenset({"id", "created_at", "updated_at", "csrf_token", "rowid", "oid"})
RESERVED_TABLES: Final = frozenset(
    # The addresses that every app has,
    "about forms health setup static new calendar board totals search "
    # and the tables and indexes that it keeps besides its records.
    "app_attempts app_drafts app_sent app_changes app_changes_record app_files app_kept app_kept_record "
    "app_messages app_sessions app_settings app_undo app_users".split()
)
ASIDE: Final = "app_aside_"
"""Begins the names under which a table is put aside while an app takes over records."""
AUTOMATIC: Final = "automatic"
OWNER: Final = "Owner"
VISITOR: Final = "visitor"
EVERYWHERE: Final = (OWNER, VISITOR, AUTOMATIC)
"""Who may take a move beside the roles of an app: the owner, a visitor by their own link, and the app itself."""


class FieldType(StrEnum):
    """What a field holds."""

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


UPLOADED: Final = frozenset({FieldType.IMAGE, FieldType.FILE})
"""Types whose values are files."""
NUMBERS: Final = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.MONEY})


class OnDelete(StrEnum):
    """What happens to a record when the one it belongs to is deleted."""

    CASCADE = "cascade"
    SET_NULL = "set_null"
    RESTRICT = "restrict"


class ViewKind(StrEnum):
    """How the records of an entity are shown beside the plain list."""

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
    """What the app watches over."""

    NO_OVERLAP = "no_overlap"
    CAPACITY = "capacity"
    UNIQUE = "unique"
    OVERDUE = "overdue"
    SUM = "sum"
    IN_ORDER = "in_order"
    STOCK = "stock"
    ONE_OPEN = "one_open"
    ENSURE = "ensure"


STATED: Final = frozenset(
    {
        RuleKind.ENSURE,
        RuleKind.NO_OVERLAP,
        RuleKind.CAPACITY,
        RuleKind.UNIQUE,
        RuleKind.IN_ORDER,
        RuleKind.STOCK,
        RuleKind.ONE_OPEN,
    }
)
"""The kinds of rule that may be said as a condition, where their fields do not say enough."""


class MessageKind(StrEnum):
    """When an app writes a message about a record."""

    ADDED = "added"
    STATE = "state"
    BEFORE = "before"


class RoleScope(StrEnum):
    """Which records a kind of person works with: every one, or those that are their own."""

    ALL = "all"
    OWN = "own"


class Publicity(StrEnum):
    """How much of a kind of record visitors see: nothing, a list, or a list with a page for each."""

    NONE = "none"
    LIST = "list"
    DETAIL = "detail"


class Reach(StrEnum):
    """Which records of a kind a right covers."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


class WishState(StrEnum):
    """How far a wish of the goal is met."""

    KEPT = "kept"
    PARTLY = "partly"
    LEFT_OUT = "left_out"


class CheckKind(StrEnum):
    """What an acceptance check tries: the records of `entity`, its lines, rule number `rule`, its public form."""

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
    """How strong the colours of an app are."""

    FULL = "full"
    SOFT = "soft"
    GREY = "grey"


class Scheme(StrEnum):
    """Whether the pages are light, dark, or what the reader's device asks for."""

    BOTH = "both"
    LIGHT = "light"
    DARK = "dark"
