"""The launch checklist of a version, worked out from the version itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.app_runtime.app_host import PREVIEW_KEY
from app.blueprint.field_types import CONTACTS
from app.blueprint.language.forms import people_shown
from app.blueprint.spec import AppSpec, EntitySpec, Publicity
from app.blueprint.spec_queries import lower_first
from app.domain.job import Job, JobStatus

MOST_QUOTED: Final = 4
_NAMES: Final = frozenset({"name", "full_name", "first_name", "last_name", "surname"})
_UNMET: Final = {"left_out": "left out", "partly": "only partly kept"}


class Light(StrEnum):
    """The traffic light of a version, and of each thing that was looked at."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"

    @property
    def words(self) -> str:
        """The meaning of the light in words."""
        return {"red": "Not ready", "yellow": "Nearly ready", "green": "Ready"}[self.value]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: red blocks a launch, yellow should be known, green is well."""

    light: Light
    title: str
    detail: str
    fix: str = ""
    """A command to copy."""
    fix_in_plan: bool = False
    """Whether the plan is where it is mended."""


@dataclass(frozen=True)
class Readiness:
    """The light of a version, what it comes from, and the secrets that it needs."""

    findings: tuple[Finding, ...]
    secrets: tuple[tuple[str, str], ...]

    @property
    def light(self) -> Light:
        """The worst of what was found."""
        lights = {finding.light for finding in self.findings}
        return next((light for light in (Light.RED, Light.YELLOW) if light in lights), Light.GREEN)


def readiness_of(job: Job, spec: AppSpec | None, files: Mapping[str, bytes]) -> Readiness:
    """Look at a version."""
    findings = [*_check_findings(job), *_wish_findings(job)]
    findings.append(_sign_in(files))
    if spec is not None:
        findings += findings_about_people(spec)
    findings += _setting_findings(files)
    order = list(Light)
    return Readiness(
        tuple(sorted(findings, key=lambda finding: order.index(finding.light))),
        tuple(_secrets_in(files.get(".env.example", b"").decode(errors="replace"))),
    )


def _check_findings(job: Job) -> Iterator[Finding]:
    if job.status is not JobStatus.READY:
        yield Finding(Light.RED, "This version is not ready", "Only a version that passed every check can go out.")
        return
    checks: list[dict[str, Any]] = job.evidence.get("checks") or []
    skipped = [str(check["name"]) for check in checks if check.get("skipped")]
    passed = len(checks) - len(skipped)
    yield Finding(
        Light.GREEN, "It was checked", f"{passed} checks passed on the running app, a restart and its archive."
    )
    if skipped:
        yield Finding(
            Light.YELLOW, "Not every check could be made", f"Skipped on this machine: {', '.join(skipped)}."
        )


def _wish_findings(job: Job) -> Iterator[Finding]:
    wishes: list[dict[str, Any]] = job.evidence.get("wishes") or []
    unmet = [wish for wish in wishes if wish.get("state") in _UNMET]
    if unmet:
        counts = [(words, sum(wish["state"] == state for wish in unmet)) for state, words in _UNMET.items()]
        title = " and ".join(f"{count} {words}" for words, count in counts if count)
        quoted = "; ".join(f"“{wish['text']}”" for wish in unmet[:MOST_QUOTED])
        further = f"; and {len(unmet) - MOST_QUOTED} more" if len(unmet) > MOST_QUOTED else ""
        yield Finding(Light.YELLOW, f"Of {len(wishes)} wishes: {title}", f"{quoted}{further}.", fix_in_plan=True)
    elif wishes:
        detail = f"All {len(wishes)} wishes are kept." if len(wishes) > 1 else "Your wish is kept."
        yield Finding(Light.GREEN, "What you asked for is in it", detail)


def _sign_in(files: Mapping[str, bytes]) -> Finding:
    # Every app that asks its staff to sign in also knows this key, and none that was made before does.
    if any(PREVIEW_KEY.encode() in content for path, content in files.items() if path.startswith("app/")):
        return Finding(
            Light.GREEN,
            "People sign in",
            "Its first start prints a code, and whoever enters that code becomes its owner: do it yourself.",
        )
    return Finding(
        Light.RED,
        "Anybody could get at its records",
        "This version was made before every app asked its staff to sign in. Build it once more: the new version "
        "asks, and takes the records along.",
        fix_in_plan=True,
    )


def _tells_who(entity: EntitySpec) -> bool:
    """False where visitors see of people but a nickname, or how many points they have."""
    named = {field.name for field in entity.fields if field.type in CONTACTS} | _NAMES
    return not entity.public_fields or bool(named & set(entity.public_fields))


def findings_about_people(spec: AppSpec) -> Iterator[Finding]:
    """A finding for each place where strangers could read who the people of an app are."""
    for entity in spec.entities:
        reaches = any(field.type in CONTACTS for field in entity.fields)
        if reaches and entity.public is not Publicity.NONE and _tells_who(entity):
            records = lower_first(entity.plural)
            detail = f"Visitors see the list of {records}, and it keeps how to reach them."
            yield Finding(Light.RED, f"Strangers could read who your {records} are", detail, fix_in_plan=True)
    by_name = {entity.name: entity for entity in spec.entities}
    for form in spec.forms:
        shown = people_shown(by_name[form.entity], form.fields, by_name)
        if shown is not None:
            people = lower_first(shown.plural)
            detail = (
                f"On the page “{form.action}” visitors choose from all {people}. Take it out, and add it again."
            )
            yield Finding(Light.RED, f"Strangers could read who your {people} are", detail, fix_in_plan=True)


def _setting_findings(files: Mapping[str, bytes]) -> Iterator[Finding]:
    if "requirements.lock" in files:
        yield Finding(
            Light.GREEN,
            "It installs the same everywhere",
            "Each part that it is made of has a fixed version that is checked.",
        )
    yield Finding(
        Light.YELLOW,
        "Begin without the example records",
        "The app starts with examples so that you see something. For real use it starts empty, by this line in "
        "its folder:",
        fix="echo 'EXAMPLE_DATA=no' >> .env",
    )
    yield Finding(
        Light.YELLOW,
        "Back up its records",
        "They are one file. Have it copied every night, to another computer, such as by this line:",
        fix="sqlite3 data/app.db \".backup 'app-$(date +%F).db'\"",
    )


def _secrets_in(example: str) -> Iterator[tuple[str, str]]:
    """The settings of an app with what each is for, from its `.env.example`."""
    about: list[str] = []
    for line in example.splitlines():
        text = line.removeprefix("#").strip()
        name = text.partition("=")[0]
        if "=" in text and name.isupper() and name.replace("_", "").isalpha():
            yield text, " ".join(about)
            about = []
        elif line.startswith("#"):
            about.append(text)
        else:
            about = []
