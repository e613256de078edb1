"""Say a plan in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.blueprint.plan_parts import Kept, Move, Person, Plan, Sent
from app.blueprint.spec import WishState

FIELDS_SHOWN: Final = 8


def plan_lines(plan: Plan) -> list[str]:
    """The title, what the app keeps, does and shows, and what of the goal it leaves out."""
    return [
        f"{plan.title}: {plan.tagline}",
        *wish_lines([clause.model_dump(mode="json") for clause in plan.clauses]),
        *_block("It keeps", (_kept_line(record) for record in plan.keeps)),
        *_block("People", (_person_line(person, plan) for person in plan.people)),
        *_block("Without an account", (deed.label for deed in plan.does if deed.who == "Visitor")),
        *_block("Steps", (_move_line(record, move) for record in plan.keeps for move in record.moves)),
        *_block("Rules", (rule.about for rule in plan.rules)),
        *_block("It works out", (computed.about for computed in plan.computes)),
        *_block("It sends, where a mail server is set", (_sent_line(sent) for sent in plan.sends)),
        *_block("It assumes", plan.assumptions),
    ]


def wish_lines(wishes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The number of wishes that are kept, and each that is not, or not wholly, with the reason."""
    if not wishes:
        return []
    kept_wishes = [wish for wish in wishes if wish["state"] == WishState.KEPT]
    return [
        f"  Kept {len(kept_wishes)} of {len(wishes)} {'wishes' if len(wishes) > 1 else 'wish'}.",
        *_block("Kept", (str(wish["text"]) for wish in kept_wishes)),
        *_block("Partly kept", (_wish_line(wish) for wish in wishes if wish["state"] == WishState.PARTLY)),
        *_block("Left out", (_wish_line(wish) for wish in wishes if wish["state"] == WishState.LEFT_OUT)),
    ]


def _wish_line(wish: Mapping[str, Any]) -> str:
    return f"{wish['text']} ({wish['why']})" if wish.get("why") else str(wish["text"])


def _block(title: str, lines: Iterator[str] | tuple[str, ...]) -> list[str]:
    indented = [f"    - {line}" for line in dict.fromkeys(lines)]
    return [f"  {title}:", *indented] if indented else []


def _person_line(person: Person, plan: Plan) -> str:
    own = (deed for deed in plan.does if deed.who == person.name and deed.verb == "add")
    adds = [f"adds {deed.label.removeprefix('Add ')}" for deed in own]
    return f"{person.name} ({', '.join([_sees_words(person.sees), *adds])})"


def _move_line(kept: Kept, move: Move) -> str:
    return f"{kept.name}: {move.from_} -> {move.to} ({move.by})"


def _sent_line(sent: Sent) -> str:
    return f"{sent.subject!r} to {sent.to}, {sent.when}"


def _kept_line(kept: Kept) -> str:
    labels = [field.label for field in kept.fields]
    remainder = f" and {len(labels) - FIELDS_SHOWN} more" if len(labels) > FIELDS_SHOWN else ""
    return f"{kept.plural}: {', '.join(labels[:FIELDS_SHOWN])}{remainder}"


def _sees_words(scope: str) -> str:
    return "sees everything" if scope == "all" else "sees only their own"
