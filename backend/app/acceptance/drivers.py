"""For each kind of item of a plan, the check that tries it on the running app; there is no kind without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.acceptance.evidence import OWN_TESTS, Evidence, Findings
from app.acceptance.figure_checks import try_figures
from app.acceptance.file_checks import try_files
from app.acceptance.line_checks import try_lines
from app.acceptance.move_checks import MoveChecks
from app.acceptance.promises import try_promise
from app.acceptance.right_by_link import try_right_by_link
from app.acceptance.right_checks import RightChecks
from app.acceptance.rule_violations import VIOLATIONS
from app.acceptance.site_checks import SECTIONS, try_site
from app.acceptance.view_checks import VIEWS
from app.blueprint.plan_items import Part, items_of, rule_item, section_item, view_item
from app.blueprint.spec import AppSpec


@dataclass(frozen=True)
class Driver:
    """Tries items of one kind: the name of the evidence that tells of it, and the function that does it.

    The check calls the function; it is named here so that this list breaks when it goes.
    """

    check: str
    tries: Callable[..., Any]  # Any: what it is given differs by kind


DRIVERS: Final[Mapping[str, Driver]] = {
    Part.PERSON: Driver("rights", RightChecks.run),
    Part.RECORD: Driver("acceptance", try_promise),
    Part.FILES: Driver("acceptance", try_files),
    Part.LINES: Driver("acceptance", try_lines),
    Part.MOVE: Driver("moves", MoveChecks.run),
    Part.AUTOMATIC_MOVE: Driver("moves", MoveChecks.run),
    Part.VISITORS_MOVE: Driver("moves", MoveChecks.run),
    Part.FIGURE: Driver("figures", try_figures),
    Part.RIGHT: Driver("rights", RightChecks.run),
    Part.VISITORS_RIGHT: Driver("rights", try_right_by_link),
    Part.FORM: Driver("acceptance", try_promise),
    Part.PUBLIC: Driver("site", try_site),
    Part.CALCULATOR: Driver("site", try_site),
    **{rule_item(kind): Driver("acceptance", look) for kind, look in VIOLATIONS.items()},
    **{view_item(kind): Driver("views", look) for kind, look in VIEWS.items()},
    **{section_item(kind): Driver("site", look) for kind, look in SECTIONS.items()},
}


def account_for_plan(spec: AppSpec, evidence_of_checks: Iterable[Evidence]) -> Findings:
    """Count the items of the plan that were tried, and list those that only the app's own tests tried."""
    items, passed = items_of(spec), list(evidence_of_checks)
    checks = {evidence["name"] for evidence in passed}
    missed = [item for item in items if DRIVERS[item.kind].check not in checks]
    indirect = [line for evidence in passed for line in evidence.get("saw", ()) if OWN_TESTS in line]
    tried = f"{len(items) - len(missed)} of {len(items)} items of the plan were tried on the running app"
    aside = f", {len(indirect)} of them in parts by its own tests" if indirect else ""
    return Findings(f"{tried}{aside}", (*(f"not tried: {item.about}" for item in missed), *indirect))
