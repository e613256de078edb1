"""What a founder hands to others about a version: brief, scope, milestones, risks and how it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.plan import Plan
from app.blueprint.spec import AppSpec, FieldType, Publicity
from app.blueprint.spec_queries import lower_first
from app.core.errors import NotFound
from app.domain.gate import Gate
from app.domain.job import Job
from app.services.readiness import Finding, Light, Readiness

_PERSONAL: Final = (FieldType.EMAIL, FieldType.PHONE)


@dataclass(frozen=True)
class Block:
    """A piece of a paper: a heading, a paragraph, or the lines of a list."""

    kind: str
    """heading, text or list."""
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """One paper, to be written as Markdown or as PDF."""

    title: str
    edition: str
    """Which version it tells of, and of when that is."""
    blocks: tuple[Block, ...]

    def markdown(self) -> str:
        """The paper as Markdown; what people wrote is text there and nothing else."""
        parts = [f"# {_escaped(self.title)}", _escaped(self.edition)]
        for block in self.blocks:
            lines = [_escaped(line) for line in block.lines]
            if block.kind == "heading":
                parts.append(f"## {lines[0]}")
            else:
                parts.append("\n".join(f"- {line}" for line in lines) if block.kind == "list" else lines[0])
        return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Known:
    """What the papers are written from."""

    job: Job
    spec: AppSpec
    plan: Plan
    versions: Sequence[tuple[Job, Sequence[str]]]
    """Every version up to this one, the oldest first, with what it changed in words."""
    gates: Sequence[Gate]
    readiness: Readiness
    files: Mapping[str, bytes]


def paper_of(name: str, known: Known) -> Paper:
    """One of `PAPERS`. NotFound."""
    written = PAPERS.get(name)
    if written is None:
        raise NotFound("There is no such paper.")
    title, blocks = written
    return Paper(f"{known.spec.title}: {title}", _edition(known.job), tuple(blocks(known)))


def _edition(job: Job) -> str:
    return f"Version {job.number}{f' of {job.finished_at:%-d %B %Y}' if job.finished_at else ''}"


def _brief(known: Known) -> Iterator[Block]:
    yield _text(known.spec.tagline)
    yield from _list("The idea, in the founder's words", known.job.goal.splitlines())
    owner, *others = known.plan.people
    yield from _list(
        "Who uses it",
        [f"{owner.name} of the app, who sees everything", *(_person(one.name, one.sees) for one in others)],
    )
    yield from _list("What people can do", _deeds(known.plan))
    wishes = known.spec.wishes
    kept_wishes = sum(wish.state.value == "kept" for wish in wishes)
    checks = len(known.job.evidence.get("checks") or [])
    yield from _list(
        "Where it stands",
        (
            f"Version {known.job.number} runs; {checks} checks passed on it.",
            *([f"It keeps {kept_wishes} of {len(wishes)} wishes."] if wishes else []),
            f"To go online: {known.readiness.light.words.lower()}.",
        ),
    )


def _scope(known: Known) -> Iterator[Block]:
    plan = known.plan
    yield from _list(
        "It keeps", (f"{kept.plural}: {', '.join(field.label for field in kept.fields)}" for kept in plan.keeps)
    )
    yield from _list("It refuses or flags", (rule.about for rule in plan.rules))
    yield from _list("It works out", (figure.about for figure in plan.computes))
    yield from _list("Open to visitors without an account", (d.label for d in plan.does if d.who == "Visitor"))
    yield from _list("It assumes", plan.assumptions)
    yield from _list("Partly in it", _wishes(known, "partly"))
    lost = [*_wishes(known, "left_out"), *known.spec.not_understood]
    yield from _list("Not in it", lost or ["Nothing that was asked for is left out."])


def _milestones(known: Known) -> Iterator[Block]:
    for job, changes in known.versions:
        day = f", {job.finished_at:%-d %B %Y}" if job.finished_at else ""
        yield from _list(f"Version {job.number}{day}", changes or [_first_line(job.goal)])
    decided = [gate for gate in known.gates if gate.decided_at is not None]
    yield from _list("Decisions", (f"{gate.decided_at:%-d %B %Y}: {_decision(gate)}" for gate in decided))
    open_steps = [_told(finding) for finding in known.readiness.findings if finding.light is not Light.GREEN]
    yield from _list("Before it goes online", open_steps or ["Nothing stands in the way."])
    yield from _list("Later, if it is wanted", [*_wishes(known, "partly"), *_wishes(known, "left_out")])


def _risks(known: Known) -> Iterator[Block]:
    readiness = known.readiness
    blockers = [_told(finding) for finding in readiness.findings if finding.light is Light.RED]
    yield from _list("In the way of a launch", blockers or ["Nothing."])
    yield from _list(
        "To know before it",
        [_told(finding) for finding in readiness.findings if finding.light is Light.YELLOW],
    )
    personal = [
        f"{entity.plural}: {lower_first(field.label)}"
        for entity in known.spec.entities
        for field in entity.fields
        if field.type in _PERSONAL
    ]
    if personal:
        yield from _list("Details of people that it keeps", personal)
        yield _text(
            "Say to these people what is kept and why, delete what is not needed any more, and look up which law "
            "holds where you are."
        )
    public = [entity.plural for entity in known.spec.entities if entity.public is not Publicity.NONE]
    yield from _list("What anybody can read", public)
    yield from _list(
        "As every app of this kind",
        (
            "The records are one file on one machine: without a copy elsewhere they are lost with it.",
            "It sends its messages only where a mail server is named to it, and takes no payment."
            if known.spec.messages
            else "It sends no e-mail and takes no payment by itself.",
            "Somebody has to install updates of the machine that it runs on.",
        ),
    )


def _how_it_works(known: Known) -> Iterator[Block]:
    code = [path for path in known.files if path.startswith("app/") and path.endswith(".py")]
    tests = [path for path in known.files if path.startswith("tests/") and path.endswith(".py")]
    yield _text(
        "A web app in Python on Starlette, which makes every page on the server and works without any script. The "
        "records are in one SQLite file. No other server is needed."
    )
    yield from _list(
        "Its parts",
        (
            f"app/: the app, {len(code)} Python files; app/schema.py says which records there are.",
            f"tests/: its own tests, {len(tests)} files; .venv/bin/python -m pytest runs them.",
            "start.sh: installs the packages of requirements.lock, by version and hash, and starts the app.",
            "data/: the records; it is not part of the version and stays when a new one is put in.",
        ),
    )
    yield from _list("Its tables", (f"{entity.table}: {entity.about}" for entity in known.spec.entities))
    yield from _list("Its pages", (f"{page.path}: {page.title}" for page in known.spec.pages))
    yield from _list(
        "Who gets in",
        (
            "Everybody who works in it signs in; whoever has the code of its first start becomes the owner.",
            *(f"{role.name}: {role.about}" for role in known.spec.roles),
        ),
    )
    yield from _list(
        "Its settings, in .env", (": ".join(filter(None, setting)) for setting in known.readiness.secrets)
    )


PAPERS: Final[dict[str, tuple[str, Callable[[Known], Iterator[Block]]]]] = {
    "brief": ("brief", _brief),
    "scope": ("scope", _scope),
    "milestones": ("milestones", _milestones),
    "risks": ("risks", _risks),
    "how-it-works": ("how it works", _how_it_works),
}
"""By the name in addresses: what it is called, and how it is written."""


def _text(line: str) -> Block:
    return Block("text", (line,))


def _list(heading: str, lines: Sequence[str] | Iterator[str]) -> Iterator[Block]:
    """A heading with a list below it; nothing at all without a line."""
    written = tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if written:
        yield Block("heading", (heading,))
        yield Block("list", written)


def _person(name: str, sees: str) -> str:
    return f"{name}, who sees {'everything' if sees == 'all' else 'only their own'}"


def _deeds(plan: Plan) -> Iterator[str]:
    """What each kind of person can do, in one line."""
    for who in dict.fromkeys(deed.who for deed in plan.does):
        labels = [deed.label for deed in plan.does if deed.who == who]
        kept = [label.removeprefix(_KEEPS) for label in labels if label.startswith(_KEEPS)]
        others = [lower_first(label) for label in labels if not label.startswith(_KEEPS)]
        kept_text = [f"{lower_first(_KEEPS)}{', '.join(kept)}"] if kept else []
        yield f"{who}: {'; '.join([*others, *kept_text])}"


_KEEPS: Final = "Add and change "


def _told(finding: Finding) -> str:
    return " ".join(filter(None, (f"{finding.title}.", finding.detail, finding.fix)))


def _wishes(known: Known, state: str) -> list[str]:
    wishes = [wish for wish in known.spec.wishes if wish.state.value == state]
    return [f"{wish.text} ({wish.why})" if wish.why else wish.text for wish in wishes]


def _decision(gate: Gate) -> str:
    option = gate.gate_type.option(gate.decision) if gate.decision else None
    answer = option.title if option is not None else str(gate.decision)
    return f"{answer}. {gate.text}" if gate.text else answer


def _first_line(goal: str) -> str:
    return next(iter(goal.splitlines()), "")


def _escaped(line: str) -> str:
    """A line as text of Markdown: nothing in it marks anything up."""
    marked = "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in line)
    return f"\\{marked}" if marked[:1] in "+-=>" else marked
