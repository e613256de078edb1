"""The papers that a founder hands to others about a version: brief, scope, milestones, risks, how it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.field_types import CONTACTS
from app.blueprint.plan import Plan
from app.blueprint.spec import AppSpec, Publicity
from app.blueprint.spec_queries import lower_first
from app.core.errors import NotFound
from app.domain.gate import Gate
from app.domain.job import Job
from app.services.readiness import Finding, Light, Readiness


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
        parts = [f"# {_escape_markdown(self.title)}", _escape_markdown(self.edition)]
        for block in self.blocks:
            lines = [_escape_markdown(line) for line in block.lines]
            if block.kind == "heading":
                parts.append(f"## {lines[0]}")
            else:
                parts.append("\n".join(f"- {line}" for line in lines) if block.kind == "list" else lines[0])
        return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class Facts:
    """The facts that the papers are written from."""

    job: Job
    spec: AppSpec
    plan: Plan
    versions: Sequence[tuple[Job, Sequence[str]]]
    """Every version up to this one, the oldest first, with what it changed in words."""
    gates: Sequence[Gate]
    readiness: Readiness
    files: Mapping[str, bytes]


def paper_of(name: str, facts: Facts) -> Paper:
    """One of `PAPERS`. NotFound."""
    written = PAPERS.get(name)
    if written is None:
        raise NotFound("There is no such paper.")
    title, blocks = written
    return Paper(f"{facts.spec.title}: {title}", _edition_of(facts.job), tuple(blocks(facts)))


def _edition_of(job: Job) -> str:
    return f"Version {job.number}{f' of {job.finished_at:%-d %B %Y}' if job.finished_at else ''}"


def _write_brief(facts: Facts) -> Iterator[Block]:
    yield _text(facts.spec.tagline)
    yield from _list("The idea, in the founder's words", facts.job.goal.splitlines())
    owner, *others = facts.plan.people
    yield from _list(
        "Who uses it",
        [
            f"{owner.name} of the app, who sees everything",
            *(_describe_person(person.name, person.sees) for person in others),
        ],
    )
    yield from _list("What people can do", _deed_lines(facts.plan))
    wishes = facts.spec.wishes
    kept_wishes = sum(wish.state.value == "kept" for wish in wishes)
    checks = len(facts.job.evidence.get("checks") or [])
    yield from _list(
        "Where it stands",
        (
            f"Version {facts.job.number} runs; {checks} checks passed on it.",
            *([f"It keeps {kept_wishes} of {len(wishes)} wishes."] if wishes else []),
            f"To go online: {facts.readiness.light.words.lower()}.",
        ),
    )


def _write_scope(facts: Facts) -> Iterator[Block]:
    plan = facts.plan
    yield from _list(
        "It keeps",
        (f"{record.plural}: {', '.join(field.label for field in record.fields)}" for record in plan.keeps),
    )
    yield from _list("It refuses or flags", (rule.about for rule in plan.rules))
    yield from _list("It works out", (figure.about for figure in plan.computes))
    yield from _list("Open to visitors without an account", (d.label for d in plan.does if d.who == "Visitor"))
    yield from _list("It assumes", plan.assumptions)
    yield from _list("Partly in it", _wish_lines(facts, "partly"))
    lost = [*_wish_lines(facts, "left_out"), *facts.spec.not_understood]
    yield from _list("Not in it", lost or ["Nothing that was asked for is left out."])


def _write_milestones(facts: Facts) -> Iterator[Block]:
    for job, changes in facts.versions:
        day = f", {job.finished_at:%-d %B %Y}" if job.finished_at else ""
        yield from _list(f"Version {job.number}{day}", changes or [_first_line(job.goal)])
    decided = [gate for gate in facts.gates if gate.decided_at is not None]
    yield from _list("Decisions", (f"{gate.decided_at:%-d %B %Y}: {_decision(gate)}" for gate in decided))
    open_steps = [
        _finding_line(finding) for finding in facts.readiness.findings if finding.light is not Light.GREEN
    ]
    yield from _list("Before it goes online", open_steps or ["Nothing stands in the way."])
    yield from _list("Later, if it is wanted", [*_wish_lines(facts, "partly"), *_wish_lines(facts, "left_out")])


def _write_risks(facts: Facts) -> Iterator[Block]:
    readiness = facts.readiness
    blockers = [_finding_line(finding) for finding in readiness.findings if finding.light is Light.RED]
    yield from _list("In the way of a launch", blockers or ["Nothing."])
    yield from _list(
        "To know before it",
        [_finding_line(finding) for finding in readiness.findings if finding.light is Light.YELLOW],
    )
    personal = [
        f"{entity.plural}: {lower_first(field.label)}"
        for entity in facts.spec.entities
        for field in entity.fields
        if field.type in CONTACTS
    ]
    if personal:
        yield from _list("Details of people that it keeps", personal)
        yield _text(
            "Say to these people what is kept and why, delete what is not needed any more, and look up which law "
            "holds where you are."
        )
    public = [entity.plural for entity in facts.spec.entities if entity.public is not Publicity.NONE]
    yield from _list("What anybody can read", public)
    yield from _list(
        "As every app of this kind",
        (
            "The records are one file on one machine: without a copy elsewhere they are lost with it.",
            "It sends its messages only where a mail server is named to it, and takes no payment."
            if facts.spec.messages
            else "It sends no e-mail and takes no payment by itself.",
            "Somebody has to install updates of the machine that it runs on.",
        ),
    )


def _write_how_it_works(facts: Facts) -> Iterator[Block]:
    code = [path for path in facts.files if path.startswith("app/") and path.endswith(".py")]
    tests = [path for path in facts.files if path.startswith("tests/") and path.endswith(".py")]
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
    yield from _list("Its tables", (f"{entity.table}: {entity.about}" for entity in facts.spec.entities))
    yield from _list("Its pages", (f"{page.path}: {page.title}" for page in facts.spec.pages))
    yield from _list(
        "Who gets in",
        (
            "Everybody who works in it signs in; whoever has the code of its first start becomes the owner.",
            *(f"{role.name}: {role.about}" for role in facts.spec.roles),
        ),
    )
    yield from _list(
        "Its settings, in .env", (": ".join(filter(None, setting)) for setting in facts.readiness.secrets)
    )


PAPERS: Final[dict[str, tuple[str, Callable[[Facts], Iterator[Block]]]]] = {
    "brief": ("brief", _write_brief),
    "scope": ("scope", _write_scope),
    "milestones": ("milestones", _write_milestones),
    "risks": ("risks", _write_risks),
    "how-it-works": ("how it works", _write_how_it_works),
}
"""By the name in addresses: what it is called, and how it is written."""


def _text(line: str) -> Block:
    return Block("text", (line,))


def _list(heading: str, lines: Sequence[str] | Iterator[str]) -> Iterator[Block]:
    """A heading with a list below it; nothing at all without a line."""
    # Line ends would end the list, and several sources may say the same.
    written = tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if written:
        yield Block("heading", (heading,))
        yield Block("list", written)


def _describe_person(name: str, sees: str) -> str:
    return f"{name}, who sees {'everything' if sees == 'all' else 'only their own'}"


def _deed_lines(plan: Plan) -> Iterator[str]:
    """The deeds of each kind of person, in one line a kind."""
    for who in dict.fromkeys(deed.who for deed in plan.does):
        labels = [deed.label for deed in plan.does if deed.who == who]
        kept_records = [label.removeprefix(_KEEPS) for label in labels if label.startswith(_KEEPS)]
        others = [lower_first(label) for label in labels if not label.startswith(_KEEPS)]
        kept_text = [f"{lower_first(_KEEPS)}{', '.join(kept_records)}"] if kept_records else []
        yield f"{who}: {'; '.join([*others, *kept_text])}"


_KEEPS: Final = "Add and change "


def _finding_line(finding: Finding) -> str:
    return " ".join(filter(None, (f"{finding.title}.", finding.detail, finding.fix)))


def _wish_lines(facts: Facts, state: str) -> list[str]:
    wishes = [wish for wish in facts.spec.wishes if wish.state.value == state]
    return [f"{wish.text} ({wish.why})" if wish.why else wish.text for wish in wishes]


def _decision(gate: Gate) -> str:
    option = gate.gate_type.option(gate.decision) if gate.decision else None
    answer = option.title if option is not None else str(gate.decision)
    return f"{answer}. {gate.text}" if gate.text else answer


def _first_line(goal: str) -> str:
    return next(iter(goal.splitlines()), "")


def _escape_markdown(line: str) -> str:
    """A line as text of Markdown: nothing in it marks anything up."""
    # A founder's own words stand in papers for others, and must not turn into links or HTML there.
    marked = "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in line)
    return f"\\{marked}" if marked[:1] in "+-=>" else marked
