"""Say a plan in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.blueprint.plan import Kept, Plan

FIELDS_SHOWN: Final = 8


def plan_lines(plan: Plan) -> list[str]:
    """The title, what the app keeps, does and shows, and what of the goal it leaves out."""
    return [
        f"{plan.title}: {plan.tagline}",
        *_block("It keeps", (_kept_line(kept) for kept in plan.keeps)),
        *_block("People", (f"{person.name} ({_sees(person.sees)})" for person in plan.people)),
        *_block("Without an account", (deed.label for deed in plan.does if deed.who == "Visitor")),
        *_block("Rules", (rule.about for rule in plan.rules)),
        *_block("It works out", (computed.about for computed in plan.computes)),
        *_block("It assumes", plan.assumptions),
        *_block("It leaves out", (_left_out(item.asked, item.why) for item in plan.left_out)),
        *_block("Words it does not know", plan.not_understood),
    ]


def _block(title: str, lines: Iterator[str] | tuple[str, ...]) -> list[str]:
    indented = [f"    - {line}" for line in dict.fromkeys(lines)]
    return [f"  {title}:", *indented] if indented else []


def _kept_line(kept: Kept) -> str:
    labels = [field.label for field in kept.fields]
    more = f" and {len(labels) - FIELDS_SHOWN} more" if len(labels) > FIELDS_SHOWN else ""
    return f"{kept.plural}: {', '.join(labels[:FIELDS_SHOWN])}{more}"


def _sees(scope: str) -> str:
    return "sees everything" if scope == "all" else "sees only their own"


def _left_out(asked: str, why: str) -> str:
    return f"{asked}: {why}" if why else asked
