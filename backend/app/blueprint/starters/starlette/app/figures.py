"""The functions that the SQL of worked-out values calls; numbers in it are whole, money is in its smallest unit."""

from __future__ import annotations

import calendar
import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Actor:
    """Somebody who uses the app: their role, and the table and number of the record that describes them."""

    role: str = ""
    table: str = ""
    record_id: int | None = None


ME = "app_me"
"""The function that names whoever is here: a condition that calls it is about who somebody is."""
ACTOR: ContextVar[Actor] = ContextVar("actor", default=Actor())
"""Who the running request is for."""


def install(connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
    """Give a connection the functions; `now` is the clock of the business."""
    connection.create_function("app_divide", 2, divide, deterministic=True)
    connection.create_function("app_multiply", 3, multiply, deterministic=True)
    connection.create_function("app_floor", 2, lambda n, d: None if n is None else n // d, deterministic=True)
    connection.create_function("app_ceil", 2, lambda n, d: None if n is None else -(-n // d), deterministic=True)
    connection.create_function("app_years", 2, years, deterministic=True)
    connection.create_function("app_add_months", 2, add_months, deterministic=True)
    connection.create_function("app_today", 0, lambda: now().date().isoformat())
    connection.create_function("app_now", 0, lambda: now().isoformat(timespec="minutes"))
    connection.create_function("app_role", 0, lambda: ACTOR.get().role)
    connection.create_function(ME, 1, _me)
    connection.create_aggregate("app_streak", 2, Streak)  # type: ignore[arg-type]  # finalize gives a number


def _me(table: str) -> int | None:
    actor = ACTOR.get()
    return actor.record_id if actor.table == table else None


def divide(number: int | None, by: int | None) -> int | None:
    """A quotient, rounded to the nearest whole number, halves away from zero; nothing when divided by nought."""
    if number is None or not by:
        return None
    sign = -1 if (number < 0) is not (by < 0) else 1
    return sign * ((2 * abs(number) + abs(by)) // (2 * abs(by)))


def multiply(left: int | None, right: int | None, by: int) -> int | None:
    """A product with fewer digits after the point."""
    return None if left is None or right is None else divide(left * right, by)


def years(first: str | None, last: str | None) -> int | None:
    """Full years from one day to another."""
    if not first or not last:
        return None
    begin, end = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    return end.year - begin.year - ((end.month, end.day) < (begin.month, begin.day))


def add_months(moment: str | None, months: int | None) -> str | None:
    """The same day so many months later, or the last day of that month."""
    if not moment or months is None:
        return None
    day = date.fromisoformat(moment[:10])
    more, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + more, month + 1)[1]
    return f"{day.replace(year=day.year + more, month=month + 1, day=min(day.day, last)).isoformat()}{moment[10:]}"


class Streak:
    """Counts the days in a row up to today or yesterday."""

    def __init__(self) -> None:
        self.days: set[date] = set()
        self.today = date.min

    def step(self, moment: str | None, today: str) -> None:
        """Take one record in."""
        self.today = date.fromisoformat(today)
        if moment:
            self.days.add(date.fromisoformat(moment[:10]))

    def finalize(self) -> int:
        """The days in a row."""
        if not self.days:
            return 0
        current = self.today if self.today in self.days else self.today - timedelta(days=1)
        length = 0
        while current in self.days:
            length += 1
            current -= timedelta(days=1)
        return length
